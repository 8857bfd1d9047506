/**
 * The life of a job: added, claimed by a worker under a lock, finished, delayed or put back.
 *
 * INVARIANT: every change is one transaction, on disk before it returns.
 * INVARIANT: only the holder of the lock may finish, delay or retry a job; a job whose lock ran out goes back to wait,
 * so a job runs at least once and its handler must not mind a second time.
 */
import type { JobJson, JobsOptions, KeepJobs } from 'bullmq';
import type { Database, SqlValue } from '../sqlite/database.ts';
import { JobError, unsupported } from './job-error.ts';
import { JobEvents } from './job-events.ts';
import { type JobRow, jobRow, type RowState } from './job-row.ts';
import { QueueMeta } from './queue-meta.ts';
import { wiresOf } from './wires.ts';

export interface Failure {
  readonly failedReason?: string | undefined;
  readonly stacktrace?: string | undefined;
}

export interface Claim {
  readonly token: string;
  readonly worker: string | undefined;
  readonly lockMs: number;
}

export class JobTable {
  readonly events: JobEvents;
  readonly #database: Database;
  readonly #queue: string;
  readonly #meta: QueueMeta;

  constructor(database: Database, queue: string) {
    this.#database = database;
    this.#queue = queue;
    this.#meta = new QueueMeta(database, queue);
    this.events = new JobEvents(database, queue);
  }

  /** The id of the job; an id or a deduplication id that exists already adds nothing. */
  add(job: JobJson, wantedId: string, schedulerId?: string): string {
    if (job.parent !== undefined || job.parentKey !== undefined) unsupported('flows');
    return this.#database.transaction(() => {
      const id = wantedId === '' ? this.#nextId() : wantedId;
      const original = this.#deduplicated(job.opts, id);
      if (original !== undefined) return original;
      const delay = job.delay ?? job.opts.delay ?? 0;
      const priority = job.priority ?? job.opts.priority ?? 0;
      const state: RowState = delay > 0 ? 'delayed' : waitingState(priority);
      const added = this.#database.run(
        `INSERT INTO job (queue, id, state, name, data, opts, added_ms, delay_ms, priority, rank, due_ms, dedup_id,
           scheduler_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
        this.#queue,
        id,
        state,
        job.name,
        job.data,
        JSON.stringify(job.opts),
        job.timestamp,
        delay,
        priority,
        this.#rank(job.opts.lifo),
        delay > 0 ? job.timestamp + delay : null,
        job.opts.deduplication?.id ?? null,
        schedulerId ?? job.repeatJobKey ?? null,
      );
      if (added === 0) {
        this.events.emit('duplicated', { jobId: id });
        return id;
      }
      this.events.emit('added', { jobId: id, name: job.name });
      if (delay > 0) this.events.emit('delayed', { jobId: id, delay: job.timestamp + delay });
      else this.events.emit('waiting', { jobId: id });
      this.ring();
      return id;
    });
  }

  /** The next job, locked; or when the next delayed one is due (0: none). */
  claim(claim: Claim): { readonly job: JobRow | undefined; readonly nextDueMs: number } {
    return this.#database.transaction(() => {
      const nowMs = Date.now();
      this.#promoteDue(nowMs);
      const next = this.#first();
      if (next === undefined) return { job: undefined, nextDueMs: this.nextDueMs() };
      this.#set(next.id, {
        state: 'active',
        lock_token: claim.token,
        lock_until_ms: nowMs + claim.lockMs,
        processed_ms: nowMs,
        processed_by: claim.worker ?? null,
        attempts_started: next.json.attemptsStarted + 1,
      });
      this.events.emit('active', { jobId: next.id, prev: 'waiting' });
      return { job: this.get(next.id), nextDueMs: 0 };
    });
  }

  /** Ends an active job. `value` is its result as JSON, or the reason of its failure. */
  finish(
    id: string,
    state: 'completed' | 'failed',
    value: string,
    end: {
      readonly token: string;
      readonly keep: KeepJobs | boolean | number | undefined;
      readonly stacktrace?: string;
    },
  ): number {
    return this.#database.transaction(() => {
      const job = this.#locked(id, end.token, 'finish');
      const finishedMs = Date.now();
      const keep = end.keep;
      if (keep === true || keep === 0) this.delete(id);
      else {
        this.#set(id, {
          ...unlocked(state),
          finished_ms: finishedMs,
          attempts_made: job.json.attemptsMade + 1,
          ...(state === 'completed' ? { return_value: value } : { failed_reason: value }),
          ...(end.stacktrace === undefined ? {} : { stacktrace: end.stacktrace }),
        });
        this.#forget(
          state,
          typeof keep === 'number' ? { count: keep } : typeof keep === 'object' ? keep : {},
          finishedMs,
        );
      }
      if (job.dedupId !== undefined)
        this.#database.run(
          'DELETE FROM job_dedup WHERE queue = ? AND id = ? AND job = ? AND expires_ms IS NULL',
          this.#queue,
          job.dedupId,
          id,
        );
      const told = state === 'completed' ? { returnvalue: value } : { failedReason: value };
      this.events.emit(state, { jobId: id, prev: 'active', ...told });
      if (state === 'failed' && (job.opts.attempts ?? 1) > 1)
        this.events.emit('retries-exhausted', { jobId: id, attemptsMade: job.json.attemptsMade + 1 });
      // Others may have waited for a place under the concurrency limit.
      this.ring();
      return finishedMs;
    });
  }

  /** Active → delayed until `dueMs`. */
  delay(id: string, dueMs: number, token: string, change: Failure & { readonly isAttempt: boolean }): void {
    this.#database.transaction(() => {
      const job = this.#locked(id, token, 'delay');
      this.#set(id, {
        ...unlocked('delayed'),
        due_ms: dueMs,
        delay_ms: Math.max(0, dueMs - Date.now()),
        attempts_made: job.json.attemptsMade + (change.isAttempt ? 1 : 0),
        ...failed(change),
      });
      this.events.emit('delayed', { jobId: id, delay: dueMs });
      this.ring();
    });
  }

  /** Active → wait. */
  putBack(
    id: string,
    token: string,
    change: Failure & { readonly isAttempt: boolean; readonly isLifo: boolean },
  ): void {
    this.#database.transaction(() => {
      const job = this.#locked(id, token, 'retry');
      this.#set(id, {
        ...unlocked(waitingState(job.priority)),
        rank: this.#rank(change.isLifo),
        attempts_made: job.json.attemptsMade + (change.isAttempt ? 1 : 0),
        ...failed(change),
      });
      this.events.emit('waiting', { jobId: id, prev: 'active' });
      this.ring();
    });
  }

  /** Back to wait what a dead or stuck worker left; too often, and it comes back only to be failed. */
  recoverStalled(maxStalled: number): string[] {
    return this.#database.transaction(() => {
      const rows = this.#database.all(
        `SELECT * FROM job WHERE queue = ? AND state = 'active' AND lock_until_ms <= ?`,
        this.#queue,
        Date.now(),
      );
      for (const { id, priority, json } of rows.map(jobRow)) {
        const stalled = json.stalledCounter + 1;
        const isTooOften = stalled > maxStalled;
        this.#set(id, {
          ...unlocked(waitingState(priority)),
          rank: this.#rank(true),
          stalled,
          ...(isTooOften ? { deferred_failure: 'job stalled more than allowable limit' } : {}),
        });
        this.events.emit('stalled', { jobId: id });
        this.events.emit('waiting', { jobId: id, prev: 'active' });
      }
      if (rows.length > 0) this.ring();
      return rows.map(({ id }) => String(id));
    });
  }

  extendLock(id: string, token: string, lockMs: number): boolean {
    return (
      this.#database.run(
        `UPDATE job SET lock_until_ms = ? WHERE queue = ? AND id = ? AND lock_token = ? AND state = 'active'`,
        Date.now() + lockMs,
        this.#queue,
        id,
        token,
      ) === 1
    );
  }

  get(id: string): JobRow | undefined {
    const row = this.#database.get('SELECT * FROM job WHERE queue = ? AND id = ?', this.#queue, id);
    return row === undefined ? undefined : jobRow(row);
  }

  delete(id: string): void {
    this.#database.run('DELETE FROM job WHERE queue = ? AND id = ?', this.#queue, id);
    this.#database.run('DELETE FROM job_log WHERE queue = ? AND id = ?', this.#queue, id);
  }

  /** A job that is not active, to wait (or prioritized). */
  toWait(id: string, prev: string, more: Readonly<Record<string, SqlValue>> = {}): void {
    const job = this.get(id);
    if (job === undefined) return;
    this.#set(id, { ...unlocked(waitingState(job.priority)), rank: this.#rank(job.opts.lifo), ...more });
    this.events.emit('waiting', { jobId: id, prev });
    this.ring();
  }

  /** When the next delayed job is due; 0 when there is none. */
  nextDueMs(): number {
    const row = this.#database.get(
      `SELECT min(due_ms) AS due FROM job WHERE queue = ? AND state = 'delayed'`,
      this.#queue,
    );
    return Number(row?.due ?? 0);
  }

  /** Whether a worker that asks now gets a job. */
  hasNext(): boolean {
    return this.#first() !== undefined;
  }

  isPaused(): boolean {
    return this.#meta.get('paused') !== undefined;
  }

  isMaxed(): boolean {
    const most = this.#meta.get('concurrency');
    if (most === undefined) return false;
    const row = this.#database.get(`SELECT count(*) AS n FROM job WHERE queue = ? AND state = 'active'`, this.#queue);
    return Number(row?.n ?? 0) >= Number(most);
  }

  ring(): void {
    wiresOf(this.#database).ring('job', this.#queue);
  }

  #rank(isLifo: boolean | undefined): number {
    return wiresOf(this.#database).nextRank(isLifo === true);
  }

  #nextId(): string {
    // Kept beside the queue's own fields; a queue's name never contains a colon.
    const row = this.#database.get(
      `INSERT INTO queue_meta (queue, field, value) VALUES (?, 'last', '1')
       ON CONFLICT DO UPDATE SET value = CAST(value AS INTEGER) + 1 RETURNING value`,
      `id:${this.#queue}`,
    );
    return String(row?.value);
  }

  /** The id of the job that stands for this one; undefined when there is none and this one now does. */
  #deduplicated(opts: JobsOptions, id: string): string | undefined {
    const wanted = opts.deduplication;
    if (wanted === undefined) return undefined;
    if (wanted.replace === true || wanted.keepLastIfActive === true) unsupported('replacing deduplication');
    const nowMs = Date.now();
    const expiresMs = wanted.ttl === undefined ? null : nowMs + wanted.ttl;
    const found = this.#database.get(
      'SELECT job FROM job_dedup WHERE queue = ? AND id = ? AND (expires_ms IS NULL OR expires_ms > ?)',
      this.#queue,
      wanted.id,
      nowMs,
    );
    if (found === undefined || wanted.extend === true)
      this.#database.run(
        'INSERT OR REPLACE INTO job_dedup (queue, id, job, expires_ms) VALUES (?, ?, ?, ?)',
        this.#queue,
        wanted.id,
        found === undefined ? id : String(found.job),
        expiresMs,
      );
    if (found === undefined) return undefined;
    this.events.emit('deduplicated', { jobId: String(found.job), deduplicationId: wanted.id, deduplicatedJobId: id });
    return String(found.job);
  }

  #promoteDue(nowMs: number): void {
    const due = this.#database.all(
      `SELECT id FROM job WHERE queue = ? AND state = 'delayed' AND due_ms <= ? ORDER BY due_ms, rank LIMIT 1000`,
      this.#queue,
      nowMs,
    );
    for (const { id } of due) this.toWait(String(id), 'delayed', { delay_ms: 0 });
  }

  #first(): JobRow | undefined {
    if (this.isPaused() || this.isMaxed()) return undefined;
    for (const state of ['wait', 'prioritized']) {
      const row = this.#database.get(
        'SELECT * FROM job WHERE queue = ? AND state = ? ORDER BY priority, rank LIMIT 1',
        this.#queue,
        state,
      );
      if (row !== undefined) return jobRow(row);
    }
    return undefined;
  }

  #locked(id: string, token: string, operation: string): JobRow {
    const job = this.get(id);
    if (job === undefined) throw new JobError(-1, id, operation);
    if (job.state !== 'active') throw new JobError(-3, id, operation);
    if (job.lockToken !== token) throw new JobError(-6, id, operation);
    return job;
  }

  #set(id: string, fields: Readonly<Record<string, SqlValue>>): void {
    const names = Object.keys(fields);
    this.#database.run(
      `UPDATE job SET ${names.map((name) => `${name} = ?`).join(', ')} WHERE queue = ? AND id = ?`,
      ...Object.values(fields),
      this.#queue,
      id,
    );
  }

  #forget(state: 'completed' | 'failed', keep: { age?: number; count?: number }, nowMs: number): void {
    const old = keep.age === undefined ? [] : this.#finishedIds(state, 'finished_ms <= ?', nowMs - keep.age * 1_000, 0);
    const many = keep.count === undefined ? [] : this.#finishedIds(state, 'finished_ms <= ?', nowMs, keep.count);
    for (const id of new Set([...old, ...many])) this.delete(id);
  }

  #finishedIds(state: string, condition: string, value: number, skip: number): string[] {
    return this.#database
      .all(
        `SELECT id FROM job WHERE queue = ? AND state = ? AND ${condition} ORDER BY finished_ms DESC, rank DESC
         LIMIT 1000 OFFSET ?`,
        this.#queue,
        state,
        value,
        skip,
      )
      .map(({ id }) => String(id));
  }
}

function waitingState(priority: number): RowState {
  return priority > 0 ? 'prioritized' : 'wait';
}

function unlocked(state: RowState): Record<string, SqlValue> {
  return { state, lock_token: null, lock_until_ms: null, due_ms: null };
}

function failed({ failedReason, stacktrace }: Failure): Record<string, SqlValue> {
  return {
    ...(failedReason === undefined ? {} : { failed_reason: failedReason }),
    ...(stacktrace === undefined ? {} : { stacktrace }),
  };
}
