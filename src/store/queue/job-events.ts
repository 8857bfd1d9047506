/** The queue's event stream, kept short: BullMQ's QueueEvents read it, nothing of ours depends on it. */
import type { Database } from '../sqlite/database.ts';
import { wiresOf } from './wires.ts';

/** As many as BullMQ keeps on Redis by default. */
const maxEvents = 10_000;
const trimEvery = 500;
const readBatch = 100;

export class JobEvents {
  readonly #database: Database;
  readonly #queue: string;
  #sinceTrim = 0;

  constructor(database: Database, queue: string) {
    this.#database = database;
    this.#queue = queue;
  }

  emit(event: string, fields: Readonly<Record<string, string | number>>): string {
    const flat = Object.entries({ event, ...fields }).flatMap(([name, value]) => [name, String(value)]);
    this.#database.run('INSERT INTO job_event (queue, fields) VALUES (?, ?)', this.#queue, JSON.stringify(flat));
    const row = this.#database.get('SELECT last_insert_rowid() AS number');
    this.#sinceTrim += 1;
    if (this.#sinceTrim >= trimEvery) this.trim(maxEvents);
    wiresOf(this.#database).ring('event', this.#queue);
    return String(row?.number ?? 0);
  }

  trim(keep: number): number {
    this.#sinceTrim = 0;
    return this.#database.run(
      `DELETE FROM job_event WHERE queue = ?1 AND number <=
         (SELECT number FROM job_event WHERE queue = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)`,
      this.#queue,
      keep,
    );
  }

  last(): string {
    const row = this.#database.get('SELECT max(number) AS number FROM job_event WHERE queue = ?', this.#queue);
    return String(row?.number ?? 0);
  }

  after(id: string): [string, string[]][] {
    return this.#database
      .all(
        'SELECT number, fields FROM job_event WHERE queue = ? AND number > ? ORDER BY number LIMIT ?',
        this.#queue,
        Number(id) || 0,
        readBatch,
      )
      .map((row) => {
        const fields: unknown = JSON.parse(String(row.fields));
        return [String(row.number), Array.isArray(fields) ? fields.map(String) : []];
      });
  }
}
