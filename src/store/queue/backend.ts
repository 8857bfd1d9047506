/**
 * BullMQ's `IQueueBackend` on our SQLite database, so that the embedded program needs no Redis.
 *
 * Only what Sallyport's jobs need: add, delay, priority, retry with backoff, locks and stalled jobs, idempotent ids,
 * deduplication, schedulers, events, counts. Flows, rate limits, metrics and relays throw STORE_UNSUPPORTED.
 */
import { EventEmitter } from 'node:events';
import type { BackendFactory, IQueueBackend, JobJson, JobsOptions, JobType, KeepJobs } from 'bullmq';
import type { Database } from '../sqlite/database.ts';
import { JobDesk } from './job-desk.ts';
import { unsupported } from './job-error.ts';
import { type Claim, JobTable } from './job-table.ts';
import { QueueMeta } from './queue-meta.ts';
import { SchedulerTable } from './schedulers.ts';
import { Waits } from './waits.ts';
import { wiresOf } from './wires.ts';

type Args<Name extends keyof IQueueBackend> = IQueueBackend[Name] extends (...args: infer A) => unknown ? A : never;

/** What BullMQ's Worker puts into the options it hands on. */
interface WorkerOptions {
  readonly lockDuration?: number;
  readonly maxStalledCount?: number;
  readonly name?: string;
  readonly limiter?: unknown;
  readonly metrics?: unknown;
  readonly connection?: unknown;
}

/** The factory that Queue, Worker and QueueEvents take as their last argument. */
export function sqliteBackend(database: Database): BackendFactory<SqliteQueueBackend> {
  wiresOf(database);
  return (queue, opts) => new SqliteQueueBackend(database, queue, opts);
}

export class SqliteQueueBackend implements IQueueBackend {
  readonly minimumBlockTimeout = 0.001;
  /** Nothing is polled: the wait ends with a ring or when the next delayed job is due. In seconds. */
  readonly maximumBlockTimeout = 3_600;
  readonly keys = {};
  readonly qualifiedName: string;
  closing: Promise<void> | undefined;
  readonly #database: Database;
  readonly #opts: WorkerOptions;
  readonly #jobs: JobTable;
  readonly #desk: JobDesk;
  readonly #schedulers: SchedulerTable;
  readonly #lifecycle = new EventEmitter();
  readonly #waits: Waits;
  readonly #meta: QueueMeta;

  constructor(database: Database, queue: string, opts: WorkerOptions) {
    if (opts.limiter !== undefined) unsupported('rate limits');
    if (opts.metrics !== undefined) unsupported('metrics');
    this.#database = database;
    this.#opts = opts;
    this.qualifiedName = queue;
    this.#waits = new Waits(database, queue);
    this.#meta = new QueueMeta(database, queue);
    this.#jobs = new JobTable(database, queue);
    this.#desk = new JobDesk(database, queue, this.#jobs);
    this.#schedulers = new SchedulerTable(database, queue, this.#jobs);
  }

  // The connection: there is none, the database belongs to the process.
  async waitUntilReady() {}
  async setName() {}
  async close(): Promise<void> {
    this.closing ??= Promise.resolve();
    this.#waits.interrupt();
    return this.closing;
  }
  async disconnect() {
    this.#waits.interrupt();
  }
  async disconnectBlocking() {
    this.#waits.interrupt();
  }
  async reconnectBlocking() {
    this.#waits.allow();
  }
  on(event: string, listener: (...args: unknown[]) => void): this {
    this.#lifecycle.on(event, listener);
    return this;
  }
  once(event: string, listener: (...args: unknown[]) => void): this {
    this.#lifecycle.once(event, listener);
    return this;
  }
  removeListener(event: string, listener: (...args: unknown[]) => void): this {
    this.#lifecycle.removeListener(event, listener);
    return this;
  }
  forQueue(queue: string): IQueueBackend {
    return new SqliteQueueBackend(this.#database, queue, this.#opts);
  }
  toKey(type: string) {
    return `${this.qualifiedName}:${type}`;
  }
  parseNodeKey(key: string) {
    const at = key.lastIndexOf(':');
    return { prefix: '', queueName: key.slice(0, at), id: key.slice(at + 1) };
  }
  clientName(suffix = '') {
    return `${this.qualifiedName}${suffix}`;
  }
  async getClientList(): Promise<string[]> {
    return [];
  }

  // Adding.
  async addJob(...[job, jobId]: Args<'addJob'>) {
    return this.#jobs.add(job, jobId || job.id || '');
  }
  async addJobs(...[entries]: Args<'addJobs'>) {
    return this.#database.transaction(() =>
      entries.map(({ job, jobId }) => this.#jobs.add(job, jobId || job.id || '')),
    );
  }

  // A worker's way.
  async moveToActive(token: string, name?: string): Promise<[JobJson | null, string, number, number]> {
    return this.#claim(token, name);
  }
  async moveToCompleted(...[job, value, keep, token, fetchNext]: Args<'moveToCompleted'>) {
    return this.#finish(job.id, 'completed', JSON.stringify(value ?? null), { token, keep, fetchNext });
  }
  async moveToFailed(...[job, reason, keep, token, fetchNext, fields]: Args<'moveToFailed'>) {
    const stacktrace = typeof fields?.stacktrace === 'string' ? fields.stacktrace : undefined;
    return this.#finish(job.id, 'failed', reason, { token, keep, fetchNext, stacktrace });
  }
  async moveToDelayed(...[id, timestamp, delay, token = '', opts = {}]: Args<'moveToDelayed'>) {
    const change = { ...opts.fieldsToUpdate, isAttempt: opts.skipAttempt !== true };
    this.#jobs.delay(id, timestamp + delay, token, change);
    if (opts.fetchNext !== true || this.closing !== undefined) return [];
    const next = this.#claim(token, this.#opts.name);
    return next[0] === null ? [] : next;
  }
  async retryJob(...[id, lifo, token = '', opts = {}]: Args<'retryJob'>) {
    this.#jobs.putBack(id, token, { ...opts.fieldsToUpdate, isAttempt: true, isLifo: lifo });
  }
  async moveJobFromActiveToWait(id: string, token = '') {
    this.#jobs.putBack(id, token, { isAttempt: false, isLifo: true });
    return 0;
  }
  async moveStalledJobsToWait() {
    return this.#jobs.recoverStalled(this.#opts.maxStalledCount ?? 1);
  }
  async extendLock(id: string, token: string, durationMs: number) {
    return this.#jobs.extendLock(id, token, durationMs) ? 1 : 0;
  }
  async extendLocks(ids: string[], tokens: string[], durationMs: number) {
    return ids.filter((id, at) => !this.#jobs.extendLock(id, tokens[at] ?? '', durationMs));
  }
  async waitForJob(blockTimeoutSeconds: number) {
    const now = { member: '0', score: 0 };
    if (this.#jobs.hasNext()) return now;
    const dueMs = this.#jobs.nextDueMs();
    const untilDueMs = dueMs === 0 ? Number.POSITIVE_INFINITY : Math.max(1, dueMs - Date.now());
    const isRung = await this.#waits.rung('job', Math.min(blockTimeoutSeconds * 1_000, untilDueMs));
    return isRung ? now : null;
  }

  // From the outside.
  async retryFinishedJob(...[job, state, opts = {}]: Args<'retryFinishedJob'>) {
    const resets = { made: opts.resetAttemptsMade === true, started: opts.resetAttemptsStarted === true };
    this.#desk.reprocess(job.id ?? '', state, resets);
  }
  async retryFinishedJobs(...[state = 'failed', count = 1_000, timestamp]: Args<'retryFinishedJobs'>) {
    return this.#desk.reprocessMany(state, count, timestamp ?? Date.now());
  }
  async promote(id: string) {
    this.#desk.promote(id);
  }
  async promoteJobs(count = 1_000) {
    return this.#desk.promoteMany(count);
  }
  async pause(isPausing: boolean) {
    if (isPausing) this.#meta.set({ paused: 1 });
    else this.#meta.remove(['paused']);
    this.#jobs.events.emit(isPausing ? 'paused' : 'resumed', {});
    this.#jobs.ring();
  }
  async drain(isDelayedToo: boolean) {
    this.#desk.drain(isDelayedToo);
  }
  async cleanJobsByState(state: string, timestamp: number, limit = 0) {
    return this.#desk.clean(state, timestamp, limit);
  }
  async obliterate({ force }: { force: boolean; count: number }) {
    return this.#desk.obliterate(force);
  }
  async removeOrphanedJobs() {
    return 0;
  }
  async updateData(...[job, data]: Args<'updateData'>) {
    this.#desk.setData(job.id ?? '', JSON.stringify(data ?? {}));
  }
  async updateProgress(...[id, progress]: Args<'updateProgress'>) {
    this.#desk.setProgress(id, JSON.stringify(progress ?? null));
  }
  async addLog(id: string, text: string, keep?: number) {
    return this.#desk.log(id, text, keep);
  }
  async clearLogs(id: string, keep = 0) {
    this.#desk.clearLogs(id, keep);
  }
  async getJobLogs(id: string, start: number, end: number, asc: boolean) {
    const all = this.#desk.logs(id);
    const ordered = asc ? all : all.toReversed();
    const logs = ordered.slice(
      start < 0 ? Math.max(0, all.length + start) : start,
      end < 0 ? all.length + end + 1 : end + 1,
    );
    return { logs, count: all.length };
  }
  async changeDelay(id: string, delayMs: number) {
    this.#desk.changeDelay(id, delayMs);
  }
  async changePriority(id: string, priority = 0, lifo = false) {
    this.#desk.changePriority(id, priority, lifo);
  }
  async remove(id: string) {
    return this.#desk.remove(id);
  }
  async removeDeduplicationKey(id: string, jobId: string) {
    return this.#desk.removeDeduplication(id, jobId);
  }
  async deleteDeduplicationKey(id: string) {
    return this.#desk.removeDeduplication(id);
  }
  async getDeduplicationJobId(id: string) {
    return this.#desk.deduplicatedBy(id) ?? null;
  }

  // Schedulers.
  async addJobScheduler(...args: Args<'addJobScheduler'>): Promise<[string, number]> {
    const [id, nextMs, data, templateOpts, opts, jobOpts] = args;
    const { jobId, delayMs } = this.#schedulers.put(id, nextMs, { data, opts: templateOpts }, opts, jobOpts);
    return [jobId, delayMs];
  }
  async updateJobSchedulerNextMillis(id: string, nextMs: number, data: string, opts: JobsOptions, producerId?: string) {
    return this.#schedulers.advance(id, nextMs, data, opts, producerId) ?? null;
  }
  async removeJobScheduler(id: string) {
    return this.#schedulers.remove(id);
  }
  async getJobScheduler(id: string): Promise<[string[] | null, string | null]> {
    const found = this.#schedulers.get(id);
    return found === undefined ? [null, null] : [Object.entries(found.fields).flat(), String(found.nextMs)];
  }
  async isJobScheduler(id: string) {
    return this.#schedulers.get(id) !== undefined;
  }
  async getJobSchedulerData(id: string) {
    return { ...this.#schedulers.get(id)?.fields };
  }
  async getJobSchedulersRange(start: number, end: number, asc: boolean) {
    return this.#schedulers.range(start, end, asc).flatMap(({ id, nextMs }) => [id, String(nextMs)]);
  }
  async getJobSchedulersCount() {
    return this.#schedulers.count();
  }

  // Looking.
  async getState(id: string) {
    return this.#desk.state(id);
  }
  async isFinished(id: string, wantsValue?: boolean): Promise<number | [number, string]> {
    const [status, value] = this.#desk.ending(id);
    return wantsValue === true ? [status, value] : status;
  }
  async isMaxed() {
    return this.#jobs.isMaxed();
  }
  async isJobInState(state: string, id: string) {
    return this.#desk.isIn(state, id);
  }
  async getJobData(id: string) {
    return this.#jobs.get(id)?.json;
  }
  async getCounts(types: JobType[], delayedTimestamp?: number) {
    return types.map((type) => this.#desk.count(type, delayedTimestamp));
  }
  async getCountsPerPriority(priorities: number[]) {
    return priorities.map((priority) => this.#desk.countPriority(priority));
  }
  async getRanges(types: JobType[], start = 0, end = -1, asc = false) {
    // BullMQ types each list of ids as a tuple of one.
    return types.map((type) => this.#desk.range(type, start, end, asc) as [string]);
  }

  // The queue's own fields.
  async setQueueMeta(values: Record<string, string | number>) {
    return this.#meta.set(values);
  }
  async getQueueMetaField(field: string) {
    return this.#meta.get(field) ?? null;
  }
  async getQueueMetaFields(fields: string[]) {
    return fields.map((field) => this.#meta.get(field) ?? null);
  }
  async getQueueMeta() {
    return this.#meta.all();
  }
  async removeQueueMetaFields(fields: string[]) {
    return this.#meta.remove(fields);
  }
  async hasQueueMetaField(field: string) {
    return this.#meta.get(field) !== undefined;
  }

  // Events.
  async trimEvents(keep: number) {
    return this.#jobs.events.trim(keep);
  }
  async publishEvent({ event, ...fields }: Record<string, string | number>) {
    return this.#jobs.events.emit(String(event), fields);
  }
  async readEvents(id: string, blockTimeoutMs: number): Promise<[string, [string, string[]][]][] | null> {
    const after = id === '$' ? this.#jobs.events.last() : id;
    let events = this.#jobs.events.after(after);
    if (events.length === 0 && (await this.#waits.rung('event', blockTimeoutMs)))
      events = this.#jobs.events.after(after);
    return events.length === 0 ? null : [['events', events]];
  }

  // Not offered.
  async addFlow(): Promise<never> {
    return unsupported('flows');
  }
  async moveToWaitingChildren(): Promise<never> {
    return unsupported('flows');
  }
  async removeUnprocessedChildren(): Promise<never> {
    return unsupported('flows');
  }
  async removeChildDependency(): Promise<never> {
    return unsupported('flows');
  }
  async getDependencyCounts(): Promise<never> {
    return unsupported('flows');
  }
  async getDependencies(): Promise<never> {
    return unsupported('flows');
  }
  async getProcessedChildrenValues(): Promise<never> {
    return unsupported('flows');
  }
  async getIgnoredChildrenFailures(): Promise<never> {
    return unsupported('flows');
  }
  async paginate(): Promise<never> {
    return unsupported('flows');
  }
  async getRateLimitTtl(): Promise<never> {
    return unsupported('rate limits');
  }
  async setRateLimit(): Promise<never> {
    return unsupported('rate limits');
  }
  async removeRateLimitKey(): Promise<never> {
    return unsupported('rate limits');
  }
  async removeDeprecatedPriorityKey(): Promise<never> {
    return unsupported('old priority keys');
  }
  async getMetrics(): Promise<never> {
    return unsupported('metrics');
  }

  #claim(token: string, worker: string | undefined): [JobJson | null, string, number, number] {
    const claim: Claim = { token, worker, lockMs: this.#opts.lockDuration ?? 30_000 };
    const { job, nextDueMs } = this.#jobs.claim(claim);
    return job === undefined ? [null, '', 0, nextDueMs] : [job.json, job.id, 0, 0];
  }

  #finish(
    id: string | undefined,
    state: 'completed' | 'failed',
    value: string,
    end: {
      readonly token: string;
      readonly keep: boolean | number | KeepJobs | undefined;
      readonly fetchNext: boolean;
      readonly stacktrace?: string | undefined;
    },
  ) {
    const { token, keep, stacktrace } = end;
    const finishedOn = this.#jobs.finish(id ?? '', state, value, {
      token,
      keep,
      ...(stacktrace === undefined ? {} : { stacktrace }),
    });
    const result = end.fetchNext && this.closing === undefined ? this.#claim(token, this.#opts.name) : undefined;
    if (result !== undefined && result[0] === null) this.#jobs.events.emit('drained', {});
    return { result, finishedOn };
  }
}
