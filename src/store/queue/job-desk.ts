/** What people and tools do with jobs from the outside: count, list, promote, remove, clean, log. */
import type { Database, SqlValue } from '../sqlite/database.ts';
import { JobError } from './job-error.ts';
import { type JobRow, jobRow } from './job-row.ts';
import type { JobTable } from './job-table.ts';

/** Enough for every call of BullMQ; each works in batches and comes again. */
const defaultBatch = 1_000;

/** The states, and the order in which each is listed. */
const orders: Readonly<Record<string, string>> = {
  wait: 'rank',
  prioritized: 'priority, rank',
  delayed: 'due_ms, rank',
  active: 'processed_ms, rank',
  completed: 'finished_ms, rank',
  failed: 'finished_ms, rank',
};

export class JobDesk {
  readonly #database: Database;
  readonly #queue: string;
  readonly #jobs: JobTable;

  constructor(database: Database, queue: string, jobs: JobTable) {
    this.#database = database;
    this.#queue = queue;
    this.#jobs = jobs;
  }

  count(type: string, dueBeforeMs?: number): number {
    const state = this.#stateOf(type);
    if (state === undefined) return 0;
    const isLimited = state === 'delayed' && dueBeforeMs !== undefined;
    const row = this.#database.get(
      `SELECT count(*) AS n FROM job WHERE queue = ? AND state = ?${isLimited ? ' AND due_ms < ?' : ''}`,
      this.#queue,
      state,
      ...(isLimited ? [dueBeforeMs] : []),
    );
    return Number(row?.n ?? 0);
  }

  countPriority(priority: number): number {
    const row = this.#database.get(
      `SELECT count(*) AS n FROM job WHERE queue = ? AND state IN ('wait', 'prioritized') AND priority = ?`,
      this.#queue,
      priority,
    );
    return Number(row?.n ?? 0);
  }

  /** Ids from `start` to `end`, both inclusive; a negative end counts from the last. */
  range(type: string, start: number, end: number, isAscending: boolean): string[] {
    const state = this.#stateOf(type);
    if (state === undefined) return [];
    // BullMQ reverses what it takes for Redis lists, whose head is the newest.
    const isList = state === 'wait' || state === 'active';
    const direction = isAscending && !isList ? 'ASC' : 'DESC';
    const order = (orders[state] ?? 'rank').replaceAll(/(\w+)/g, `$1 ${direction}`);
    const total = this.count(type);
    const last = end < 0 ? total + end : end;
    const first = isAscending && isList ? Math.max(0, total - 1 - last) : start;
    return this.#database
      .all(
        `SELECT id FROM job WHERE queue = ? AND state = ? ORDER BY ${order} LIMIT ? OFFSET ?`,
        this.#queue,
        state,
        Math.max(0, last - start + 1),
        first,
      )
      .map(({ id }) => String(id));
  }

  isIn(state: string, id: string): boolean {
    const job = this.#jobs.get(id);
    return job !== undefined && job.state === this.#stateOf(state);
  }

  /** In BullMQ's words. */
  state(id: string): 'waiting' | 'prioritized' | 'delayed' | 'active' | 'completed' | 'failed' | 'unknown' {
    const state = this.#jobs.get(id)?.state;
    if (state === undefined) return 'unknown';
    return state === 'wait' ? 'waiting' : state;
  }

  /** BullMQ's status (-1 missing, 0 not finished, 1 completed, 2 failed) with the result or the reason. */
  ending(id: string): [number, string] {
    const job = this.#jobs.get(id);
    if (job === undefined) return [-1, `Missing key for job ${id}. isFinished`];
    if (job.state === 'completed') return [1, job.returnValue ?? ''];
    return job.state === 'failed' ? [2, job.failedReason ?? ''] : [0, ''];
  }

  remove(id: string): number {
    return this.#database.transaction(() => {
      const job = this.#jobs.get(id);
      if (job === undefined) return 0;
      if (job.lockToken !== undefined) return 0;
      if (job.schedulerId !== undefined && this.#isNextOfScheduler(job.schedulerId, id))
        throw new JobError(-8, id, 'remove');
      this.#jobs.delete(id);
      if (job.dedupId !== undefined) this.removeDeduplication(job.dedupId, id);
      this.#jobs.events.emit('removed', { jobId: id, prev: job.state });
      return 1;
    });
  }

  promote(id: string): void {
    this.#database.transaction(() => {
      this.#expect(id, ['delayed'], 'promote');
      this.#jobs.toWait(id, 'delayed', { delay_ms: 0 });
    });
  }

  changeDelay(id: string, delayMs: number): void {
    this.#database.transaction(() => {
      this.#expect(id, ['delayed'], 'changeDelay');
      this.#update(id, { delay_ms: delayMs, due_ms: Date.now() + delayMs });
      this.#jobs.ring();
    });
  }

  changePriority(id: string, priority: number, isLifo: boolean): void {
    this.#database.transaction(() => {
      const job = this.#expect(id, undefined, 'changePriority');
      this.#update(id, { priority, opts: JSON.stringify({ ...job.opts, priority, lifo: isLifo }) });
      if (job.state === 'wait' || job.state === 'prioritized') this.#jobs.toWait(id, job.state);
    });
  }

  /** Failed or completed → wait. */
  reprocess(
    id: string,
    state: 'failed' | 'completed',
    resets: { readonly made: boolean; readonly started: boolean },
  ): void {
    this.#database.transaction(() => {
      this.#expect(id, [state], 'reprocess');
      this.#jobs.toWait(id, state, {
        finished_ms: null,
        processed_ms: null,
        failed_reason: null,
        return_value: null,
        deferred_failure: null,
        ...(resets.made ? { attempts_made: 0 } : {}),
        ...(resets.started ? { attempts_started: 0 } : {}),
      });
    });
  }

  reprocessMany(state: 'failed' | 'completed', count: number, finishedBeforeMs: number): number {
    const ids = this.#ids('state = ? AND finished_ms <= ?', [state, finishedBeforeMs], count);
    for (const id of ids) this.reprocess(id, state, { made: false, started: false });
    return ids.length < count ? 0 : 1;
  }

  promoteMany(count: number): number {
    const ids = this.#ids(`state = ?`, ['delayed'], count);
    for (const id of ids) this.promote(id);
    return ids.length < count ? 0 : 1;
  }

  /** Removes what waits; a scheduler's next job stays. */
  drain(isDelayedToo: boolean): void {
    const states = isDelayedToo ? `('wait', 'prioritized', 'delayed')` : `('wait', 'prioritized')`;
    this.#database.transaction(() => {
      for (const id of this.#ids(`state IN ${states} AND scheduler_id IS NULL`, [], -1)) this.#jobs.delete(id);
    });
  }

  /** Removes jobs of a state that were added or finished at or before `beforeMs`. */
  clean(type: string, beforeMs: number, limit: number): string[] {
    const state = this.#stateOf(type);
    if (state === undefined) return [];
    return this.#database.transaction(() => {
      const age = 'coalesce(finished_ms, processed_ms, added_ms) <= ?';
      const most = limit > 0 ? limit : -1;
      const ids = this.#ids(`state = ? AND lock_token IS NULL AND ${age}`, [state, beforeMs], most);
      for (const id of ids) this.#jobs.delete(id);
      this.#jobs.events.emit('cleaned', { count: ids.length });
      return ids;
    });
  }

  obliterate(isForced: boolean): number {
    return this.#database.transaction(() => {
      if (!this.#jobs.isPaused()) throw new Error('Cannot obliterate non-paused queue');
      if (!isForced && this.count('active') > 0) throw new Error('Cannot obliterate queue with active jobs');
      for (const table of ['job', 'job_log', 'job_event', 'job_scheduler', 'job_dedup', 'queue_meta'])
        this.#database.run(`DELETE FROM ${table} WHERE queue = ?`, this.#queue);
      return 0;
    });
  }

  setData(id: string, data: string): void {
    this.#expect(id, undefined, 'updateData');
    this.#update(id, { data });
  }

  setProgress(id: string, progress: string): void {
    this.#database.transaction(() => {
      this.#expect(id, undefined, 'updateProgress');
      this.#update(id, { progress });
      this.#jobs.events.emit('progress', { jobId: id, data: progress });
    });
  }

  log(id: string, text: string, keep: number | undefined): number {
    return this.#database.transaction(() => {
      this.#expect(id, undefined, 'addLog');
      this.#database.run('INSERT INTO job_log (queue, id, text) VALUES (?, ?, ?)', this.#queue, id, text);
      if (keep !== undefined) this.clearLogs(id, keep);
      return this.logs(id).length;
    });
  }

  clearLogs(id: string, keep: number): void {
    this.#database.run(
      `DELETE FROM job_log WHERE queue = ?1 AND id = ?2 AND number NOT IN
         (SELECT number FROM job_log WHERE queue = ?1 AND id = ?2 ORDER BY number DESC LIMIT ?3)`,
      this.#queue,
      id,
      keep,
    );
  }

  logs(id: string): string[] {
    return this.#database
      .all('SELECT text FROM job_log WHERE queue = ? AND id = ? ORDER BY number', this.#queue, id)
      .map(({ text }) => String(text));
  }

  /** With `jobId` only while that job is the one. How many were removed. */
  removeDeduplication(id: string, jobId?: string): number {
    return this.#database.run(
      `DELETE FROM job_dedup WHERE queue = ? AND id = ?${jobId === undefined ? '' : ' AND job = ?'}`,
      this.#queue,
      id,
      ...(jobId === undefined ? [] : [jobId]),
    );
  }

  deduplicatedBy(id: string): string | undefined {
    const row = this.#database.get(
      'SELECT job FROM job_dedup WHERE queue = ? AND id = ? AND (expires_ms IS NULL OR expires_ms > ?)',
      this.#queue,
      id,
      Date.now(),
    );
    return row === undefined ? undefined : String(row.job);
  }

  #stateOf(type: string): string | undefined {
    if (type === 'waiting') return 'wait';
    return type in orders ? type : undefined;
  }

  #ids(condition: string, values: readonly SqlValue[], limit: number): string[] {
    return this.#database
      .all(
        `SELECT id FROM job WHERE queue = ? AND ${condition} ORDER BY rank LIMIT ?`,
        this.#queue,
        ...values,
        limit === 0 ? defaultBatch : limit,
      )
      .map(({ id }) => String(id));
  }

  #expect(id: string, states: readonly string[] | undefined, operation: string): JobRow {
    const row = this.#database.get('SELECT * FROM job WHERE queue = ? AND id = ?', this.#queue, id);
    if (row === undefined) throw new JobError(-1, id, operation);
    const job = jobRow(row);
    if (states !== undefined && !states.includes(job.state)) throw new JobError(-3, id, operation);
    return job;
  }

  #update(id: string, fields: Readonly<Record<string, SqlValue>>): void {
    this.#database.run(
      `UPDATE job SET ${Object.keys(fields)
        .map((name) => `${name} = ?`)
        .join(', ')} WHERE queue = ? AND id = ?`,
      ...Object.values(fields),
      this.#queue,
      id,
    );
  }

  #isNextOfScheduler(scheduler: string, id: string): boolean {
    const row = this.#database.get(
      'SELECT next_ms FROM job_scheduler WHERE queue = ? AND id = ?',
      this.#queue,
      scheduler,
    );
    return row !== undefined && id === `repeat:${scheduler}:${row.next_ms}`;
  }
}
