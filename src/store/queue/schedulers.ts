/** Jobs that come again: the next one is an ordinary delayed job whose id names its scheduler and its time. */
import type { JobsOptions, RepeatableOptions } from 'bullmq';
import type { Database } from '../sqlite/database.ts';
import type { JobTable } from './job-table.ts';

/** What BullMQ writes into a scheduler's jobs beyond the public options. */
type IterationOptions = JobsOptions & { readonly repeat?: object; readonly prevMillis?: number };

interface Stored {
  readonly nextMs: number;
  /** BullMQ's own field names: name, every, pattern, ic (iterations) … */
  readonly fields: Readonly<Record<string, string>>;
}

export class SchedulerTable {
  readonly #database: Database;
  readonly #queue: string;
  readonly #jobs: JobTable;

  constructor(database: Database, queue: string, jobs: JobTable) {
    this.#database = database;
    this.#queue = queue;
    this.#jobs = jobs;
  }

  /** Registers or replaces a scheduler and queues its next job. */
  put(
    id: string,
    wantedNextMs: number | undefined,
    template: { readonly data: string; readonly opts: JobsOptions },
    opts: RepeatableOptions,
    jobOpts: IterationOptions,
  ): { readonly jobId: string; readonly delayMs: number } {
    return this.#database.transaction(() => {
      const nowMs = Date.now();
      const before = this.get(id);
      if (before !== undefined) this.#jobs.delete(jobIdOf(id, before.nextMs));
      const nextMs =
        opts.every === undefined ? (wantedNextMs ?? nowMs) : everyNextMs(nowMs, opts.startDate, opts.offset ?? 0);
      const fields = Object.fromEntries(
        Object.entries({
          ...opts,
          ic: 1,
          data: template.data,
          opts: JSON.stringify(template.opts),
        })
          .filter(([, value]) => value !== undefined && value !== null)
          .map(([name, value]) => [name, String(value)]),
      );
      this.#store(id, { nextMs, fields });
      return { jobId: this.#queueNext(id, nextMs, opts.name, template.data, jobOpts, 1), delayMs: nextMs - nowMs };
    });
  }

  /** Called when a job of the scheduler starts: queues the one after it. Undefined when somebody did already. */
  advance(
    id: string,
    wantedNextMs: number | undefined,
    data: string,
    jobOpts: IterationOptions,
    producerId: string | undefined,
  ): string | undefined {
    return this.#database.transaction(() => {
      const before = this.get(id);
      if (before === undefined || producerId !== jobIdOf(id, before.nextMs)) return undefined;
      const every = Number(before.fields.every ?? 0);
      const nowMs = Date.now();
      const nextMs = every > 0 ? laterMs(before.nextMs, every, nowMs) : (wantedNextMs ?? nowMs);
      const count = Number(before.fields.ic ?? 1) + 1;
      const template = before.fields.data ?? data;
      this.#store(id, { nextMs, fields: { ...before.fields, ic: String(count) } });
      return this.#queueNext(id, nextMs, before.fields.name ?? id, template, jobOpts, count);
    });
  }

  /** 0 when it was there, 1 when not, as BullMQ expects. */
  remove(id: string): number {
    return this.#database.transaction(() => {
      const before = this.get(id);
      if (before === undefined) return 1;
      this.#database.run('DELETE FROM job_scheduler WHERE queue = ? AND id = ?', this.#queue, id);
      const next = this.#jobs.get(jobIdOf(id, before.nextMs));
      if (next !== undefined && next.lockToken === undefined) this.#jobs.delete(next.id);
      return 0;
    });
  }

  get(id: string): Stored | undefined {
    const row = this.#database.get('SELECT * FROM job_scheduler WHERE queue = ? AND id = ?', this.#queue, id);
    if (row === undefined) return undefined;
    const fields: unknown = JSON.parse(String(row.fields));
    const entries = typeof fields === 'object' && fields !== null ? Object.entries(fields) : [];
    return {
      nextMs: Number(row.next_ms),
      fields: Object.fromEntries(entries.map(([name, value]) => [name, String(value)])),
    };
  }

  range(start: number, end: number, isAscending: boolean): { readonly id: string; readonly nextMs: number }[] {
    return this.#database
      .all(
        `SELECT id, next_ms FROM job_scheduler WHERE queue = ?
         ORDER BY next_ms ${isAscending ? 'ASC' : 'DESC'} LIMIT ? OFFSET ?`,
        this.#queue,
        end < 0 ? -1 : end - start + 1,
        start,
      )
      .map((row) => ({ id: String(row.id), nextMs: Number(row.next_ms) }));
  }

  count(): number {
    const row = this.#database.get('SELECT count(*) AS n FROM job_scheduler WHERE queue = ?', this.#queue);
    return Number(row?.n ?? 0);
  }

  #store(id: string, { nextMs, fields }: Stored): void {
    this.#database.run(
      'INSERT OR REPLACE INTO job_scheduler (queue, id, next_ms, fields) VALUES (?, ?, ?, ?)',
      this.#queue,
      id,
      nextMs,
      JSON.stringify(fields),
    );
  }

  #queueNext(id: string, nextMs: number, name: string, data: string, jobOpts: IterationOptions, count: number): string {
    const jobId = jobIdOf(id, nextMs);
    const timestamp = Date.now();
    const delay = Math.max(0, nextMs - timestamp);
    const repeat = { ...jobOpts.repeat, count };
    const opts: IterationOptions = { ...jobOpts, jobId, delay, timestamp, repeat, prevMillis: nextMs };
    const none = { progress: 0, attemptsMade: 0, attemptsStarted: 0, failedReason: '', returnvalue: '' };
    this.#jobs.add({ ...none, id: jobId, name, data, opts, timestamp, delay, stalledCounter: 0 }, jobId, id);
    return jobId;
  }
}

function jobIdOf(id: string, nextMs: number): string {
  return `repeat:${id}:${nextMs}`;
}

/** The first run of a fixed interval is at its start date, or now. */
function everyNextMs(nowMs: number, startMs: number | undefined, offsetMs: number): number {
  return Math.max(nowMs, startMs ?? nowMs) + offsetMs;
}

/** The next slot in step with the last one; slots missed while the process was down are not caught up. */
function laterMs(lastMs: number, everyMs: number, nowMs: number): number {
  const missed = Math.max(0, Math.floor((nowMs - lastMs) / everyMs));
  return lastMs + (missed + 1) * everyMs;
}
