/** Scopes in the embedded database. INVARIANT: `replace` is one UPDATE whose WHERE names id and version. */
import type { Scope } from '../../approval/scope.ts';
import type { ScopeStore } from '../../approval/scopes.ts';
import { parseScope } from '../record.ts';
import type { Database } from './database.ts';

export class SqliteScopeStore implements ScopeStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    // A table of its own that older files lack: added without a new version of the rest.
    database.run(
      `CREATE TABLE IF NOT EXISTS scope (
         id TEXT PRIMARY KEY, version INTEGER NOT NULL, expires_ms INTEGER NOT NULL, body TEXT NOT NULL
       ) STRICT`,
    );
  }

  async insert(scope: Scope): Promise<boolean> {
    const { id, version, expiresAtMs } = scope;
    const sql = 'INSERT INTO scope (id, version, expires_ms, body) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING';
    return this.#database.run(sql, id, version, expiresAtMs, JSON.stringify(scope)) === 1;
  }

  async get(id: string): Promise<Scope | undefined> {
    const row = this.#database.get('SELECT body FROM scope WHERE id = ?', id);
    return row === undefined ? undefined : parseScope(String(row.body));
  }

  async replace(before: Scope, after: Scope): Promise<boolean> {
    const sql = 'UPDATE scope SET version = ?, expires_ms = ?, body = ? WHERE id = ? AND version = ?';
    const body = JSON.stringify(after);
    return this.#database.run(sql, after.version, after.expiresAtMs, body, before.id, before.version) === 1;
  }

  async list(nowMs: number): Promise<readonly Scope[]> {
    this.#database.run('DELETE FROM scope WHERE expires_ms <= ?', nowMs);
    return this.#database
      .all('SELECT body FROM scope WHERE expires_ms > ? ORDER BY expires_ms', nowMs)
      .map((row) => parseScope(String(row.body)));
  }
}
