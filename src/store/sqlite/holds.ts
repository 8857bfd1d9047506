/**
 * Holds in the embedded database.
 *
 * INVARIANT: `replace` is one UPDATE whose WHERE names id, version and state; nothing else changes a hold.
 */
import type { HoldQuery } from '../../approval/desk.ts';
import type { Hold } from '../../approval/hold.ts';
import { deadlineMs } from '../../approval/state.ts';
import type { HoldCaps, HoldStore } from '../../approval/store.ts';
import { decodeCursor, encodeCursor, encodeHold, pageSize, parseHold } from '../record.ts';
import type { Database, Row, SqlValue } from './database.ts';

export class SqliteHoldStore implements HoldStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async insert(hold: Hold, caps: HoldCaps): Promise<'inserted' | 'duplicate' | 'full'> {
    const { agent } = hold.action;
    const { maxPending, maxOpened, sinceMs } = caps;
    const inserted = this.#database.run(
      `INSERT INTO hold (id, version, state, agent, digest, created_ms, deadline_ms, body)
       SELECT ?, ?, ?, ?, ?, ?, ?, ? WHERE ${pendingOf} < ? AND ${openedBy} < ? ON CONFLICT DO NOTHING`,
      hold.id,
      hold.version,
      hold.state,
      agent,
      hold.digest,
      hold.createdAtMs,
      deadlineMs(hold) ?? null,
      encodeHold(hold),
      agent,
      maxPending,
      agent,
      sinceMs,
      maxOpened,
    );
    if (inserted === 1) return 'inserted';
    return this.#isTaken(hold) ? 'duplicate' : 'full';
  }

  async get(id: string): Promise<Hold | undefined> {
    const row = this.#database.get('SELECT body FROM hold WHERE id = ?', id);
    return row === undefined ? undefined : holdOf(row);
  }

  async settledOf(ids: readonly string[]): Promise<readonly string[]> {
    const rows = this.#database.all(
      `SELECT id FROM hold WHERE id IN (SELECT value FROM json_each(?)) AND state = 'pending'`,
      JSON.stringify(ids),
    );
    const pending = new Set(rows.map(({ id }) => id));
    return ids.filter((id) => !pending.has(id));
  }

  async replace(before: Hold, after: Hold): Promise<boolean> {
    const changed = this.#database.run(
      `UPDATE hold SET version = ?, state = ?, deadline_ms = ?, body = ? WHERE id = ? AND version = ? AND state = ?`,
      after.version,
      after.state,
      deadlineMs(after) ?? null,
      encodeHold(after),
      before.id,
      before.version,
      before.state,
    );
    return changed === 1;
  }

  async findOpen(digest: string): Promise<readonly Hold[]> {
    return this.#database
      .all(
        `SELECT body FROM hold WHERE digest = ? AND state IN ('pending', 'approved') ORDER BY created_ms DESC`,
        digest,
      )
      .map(holdOf);
  }

  async list(query: HoldQuery): Promise<{ readonly holds: readonly Hold[]; readonly next: string | undefined }> {
    const where: string[] = [];
    const values: SqlValue[] = [];
    const add = (condition: string, ...more: SqlValue[]): void => {
      where.push(condition);
      values.push(...more);
    };
    if (query.state !== undefined) add('state = ?', query.state);
    if (query.agent !== undefined) add('agent = ?', query.agent);
    const cursor = decodeCursor(query.cursor);
    if (cursor !== undefined) add('(created_ms, id) < (?, ?)', cursor.createdAtMs, cursor.id);
    const limit = pageSize(query.limit);
    const condition = where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`;
    const holds = this.#database
      .all(`SELECT body FROM hold ${condition} ORDER BY created_ms DESC, id DESC LIMIT ?`, ...values, limit + 1)
      .map(holdOf);
    const page = holds.slice(0, limit);
    return { holds: page, next: holds.length > limit ? encodeCursor(page.at(-1)) : undefined };
  }

  async due(nowMs: number, limit: number): Promise<readonly Hold[]> {
    return this.#database
      .all('SELECT body FROM hold WHERE deadline_ms <= ? ORDER BY deadline_ms LIMIT ?', nowMs, limit)
      .map(holdOf);
  }

  async forget(beforeMs: number, limit: number): Promise<number> {
    return this.#database.run(
      `DELETE FROM hold WHERE id IN (SELECT id FROM hold
         WHERE created_ms < ? AND state NOT IN ('pending', 'approved') ORDER BY created_ms LIMIT ?)`,
      beforeMs,
      limit,
    );
  }

  async count(agent: string, sinceMs: number): Promise<{ readonly pending: number; readonly opened: number }> {
    const row = this.#database.get(`SELECT ${pendingOf} AS pending, ${openedBy} AS opened`, agent, agent, sinceMs);
    return { pending: Number(row?.pending ?? 0), opened: Number(row?.opened ?? 0) };
  }

  #isTaken({ id, digest }: Hold): boolean {
    const sql = `SELECT 1 FROM hold WHERE id = ? OR (digest = ? AND state = 'pending')`;
    return this.#database.get(sql, id, digest) !== undefined;
  }
}

/** Of one agent; the second wants since when. */
const pendingOf = `(SELECT count(*) FROM hold WHERE agent = ? AND state = 'pending')`;
const openedBy = '(SELECT count(*) FROM hold WHERE agent = ? AND created_ms >= ?)';

function holdOf(row: Row): Hold {
  return parseHold(String(row.body));
}
