/** The queue's own fields: paused, concurrency, version. */
import type { Database } from '../sqlite/database.ts';

export class QueueMeta {
  readonly #database: Database;
  readonly #queue: string;

  constructor(database: Database, queue: string) {
    this.#database = database;
    this.#queue = queue;
  }

  get(field: string): string | undefined {
    const row = this.#database.get('SELECT value FROM queue_meta WHERE queue = ? AND field = ?', this.#queue, field);
    return row === undefined ? undefined : String(row.value);
  }

  all(): Record<string, string> {
    const rows = this.#database.all('SELECT field, value FROM queue_meta WHERE queue = ?', this.#queue);
    return Object.fromEntries(rows.map(({ field, value }) => [String(field), String(value)]));
  }

  set(values: Readonly<Record<string, string | number>>): number {
    for (const [field, value] of Object.entries(values))
      this.#database.run('INSERT OR REPLACE INTO queue_meta VALUES (?, ?, ?)', this.#queue, field, String(value));
    return Object.keys(values).length;
  }

  remove(fields: readonly string[]): number {
    const remove = (field: string) =>
      this.#database.run('DELETE FROM queue_meta WHERE queue = ? AND field = ?', this.#queue, field);
    return fields.reduce((removed, field) => removed + remove(field), 0);
  }
}
