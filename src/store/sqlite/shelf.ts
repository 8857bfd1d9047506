/** The shelf in the embedded database: one table, each change one statement or one transaction. */
import type { Shelf, ShelfKind, ShelfRecord } from '../shelf.ts';
import type { Database, Row } from './database.ts';

export class SqliteShelf implements Shelf {
  readonly #database: Database;
  readonly #now: () => number;

  constructor(database: Database, now: () => number = Date.now) {
    this.#database = database;
    this.#now = now;
    // A table of its own that older files lack: added without a new version of the rest.
    database.run(
      `CREATE TABLE IF NOT EXISTS shelf (
         kind TEXT NOT NULL, key TEXT NOT NULL, expires_ms INTEGER NOT NULL, body TEXT NOT NULL,
         PRIMARY KEY (kind, key)
       ) STRICT`,
    );
    database.run('CREATE INDEX IF NOT EXISTS shelf_end ON shelf (kind, expires_ms)');
  }

  async put(kind: ShelfKind, { key, body, expiresAtMs }: ShelfRecord, most: number): Promise<void> {
    const database = this.#database;
    database.transaction(() => {
      database.run('DELETE FROM shelf WHERE kind = ? AND expires_ms <= ?', kind, this.#now());
      database.run(
        `INSERT INTO shelf (kind, key, expires_ms, body) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET expires_ms = excluded.expires_ms, body = excluded.body`,
        kind,
        key,
        expiresAtMs,
        body,
      );
      const over = Number(database.get('SELECT count(*) AS n FROM shelf WHERE kind = ?', kind)?.n ?? 0) - most;
      if (over > 0) {
        const ending = 'SELECT rowid FROM shelf WHERE kind = ? AND key <> ? ORDER BY expires_ms LIMIT ?';
        database.run(`DELETE FROM shelf WHERE rowid IN (${ending})`, kind, key, over);
      }
    });
  }

  async get(kind: ShelfKind, key: string): Promise<ShelfRecord | undefined> {
    const sql = 'SELECT * FROM shelf WHERE kind = ? AND key = ? AND expires_ms > ?';
    return recordOf(this.#database.get(sql, kind, key, this.#now()));
  }

  async list(kind: ShelfKind): Promise<readonly ShelfRecord[]> {
    const sql = 'SELECT * FROM shelf WHERE kind = ? AND expires_ms > ? ORDER BY expires_ms, rowid';
    return this.#database
      .all(sql, kind, this.#now())
      .map(recordOf)
      .filter((record) => record !== undefined);
  }

  async replace(kind: ShelfKind, before: ShelfRecord, after: ShelfRecord): Promise<boolean> {
    const sql = 'UPDATE shelf SET body = ?, expires_ms = ? WHERE kind = ? AND key = ? AND body = ? AND expires_ms > ?';
    const values = [after.body, after.expiresAtMs, kind, before.key, before.body, this.#now()];
    return this.#database.run(sql, ...values) === 1;
  }

  async take(kind: ShelfKind, key: string): Promise<ShelfRecord | undefined> {
    const sql = 'DELETE FROM shelf WHERE kind = ? AND key = ? AND expires_ms > ? RETURNING *';
    return recordOf(this.#database.get(sql, kind, key, this.#now()));
  }
}

function recordOf(row: Row | undefined): ShelfRecord | undefined {
  return row && { key: String(row.key), body: String(row.body), expiresAtMs: Number(row.expires_ms) };
}
