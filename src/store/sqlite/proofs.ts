/**
 * Mail links, devices and challenges in the embedded database: hashes only, never what was sent.
 *
 * INVARIANT: a link is used once and a try is taken once, however many ask at the same time.
 */
import type { ProofStore, StoredChallenge, StoredDevice, StoredLink } from '../../approval/store.ts';
import type { Database } from './database.ts';

export class SqliteProofStore implements ProofStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async insertLink(link: StoredLink): Promise<void> {
    this.#database.run(
      'INSERT INTO link (token_hash, hold, reviewer, expires_ms, is_used) VALUES (?, ?, ?, ?, ?)',
      link.tokenHash,
      link.hold,
      link.reviewer,
      link.expiresAtMs,
      link.isUsed ? 1 : 0,
    );
  }

  async getLink(tokenHash: string): Promise<StoredLink | undefined> {
    const row = this.#database.get('SELECT * FROM link WHERE token_hash = ?', tokenHash);
    if (row === undefined) return undefined;
    return {
      tokenHash,
      hold: String(row.hold),
      reviewer: String(row.reviewer),
      expiresAtMs: Number(row.expires_ms),
      isUsed: row.is_used === 1,
    };
  }

  async useLink(tokenHash: string): Promise<boolean> {
    return this.#database.transaction(() => {
      const won =
        this.#database.run('UPDATE link SET is_used = 1 WHERE token_hash = ? AND is_used = 0', tokenHash) === 1;
      if (won)
        this.#database.run(
          `UPDATE link SET is_used = 1
           WHERE (hold, reviewer) = (SELECT hold, reviewer FROM link WHERE token_hash = ?)`,
          tokenHash,
        );
      return won;
    });
  }

  async insertDevice(device: StoredDevice, keep: number): Promise<void> {
    this.#database.transaction(() => {
      this.#database.run(
        'INSERT INTO device (secret_hash, reviewer, expires_ms) VALUES (?, ?, ?)',
        device.secretHash,
        device.reviewer,
        device.expiresAtMs,
      );
      this.#database.run(
        `DELETE FROM device WHERE reviewer = ?1 AND secret_hash NOT IN
           (SELECT secret_hash FROM device WHERE reviewer = ?1 ORDER BY expires_ms DESC, rowid DESC LIMIT ?2)`,
        device.reviewer,
        keep,
      );
    });
  }

  async getDevice(secretHash: string): Promise<StoredDevice | undefined> {
    const row = this.#database.get('SELECT * FROM device WHERE secret_hash = ?', secretHash);
    if (row === undefined) return undefined;
    return { secretHash, reviewer: String(row.reviewer), expiresAtMs: Number(row.expires_ms) };
  }

  async removeDevices(reviewer: string): Promise<void> {
    this.#database.run('DELETE FROM device WHERE reviewer = ?', reviewer);
  }

  async insertChallenge(challenge: StoredChallenge, most: number): Promise<boolean> {
    const inserted = this.#database.run(
      `INSERT INTO challenge (id, reviewer, hold, answer_hash, tries_left, expires_ms, is_answered)
       SELECT ?1, ?2, ?3, ?4, ?5, ?6, 0
       WHERE (SELECT count(*) FROM challenge WHERE hold = ?3 AND reviewer = ?2) < ?7`,
      challenge.id,
      challenge.reviewer,
      challenge.hold,
      challenge.answerHash,
      challenge.triesLeft,
      challenge.expiresAtMs,
      most,
    );
    return inserted === 1;
  }

  async takeTry(id: string): Promise<StoredChallenge | undefined> {
    return this.#database.transaction(() => {
      const row = this.#database.get('SELECT * FROM challenge WHERE id = ? AND tries_left > 0 AND is_answered = 0', id);
      if (row === undefined) return undefined;
      this.#database.run('UPDATE challenge SET tries_left = tries_left - 1 WHERE id = ?', id);
      return {
        id,
        reviewer: String(row.reviewer),
        hold: String(row.hold),
        answerHash: String(row.answer_hash),
        triesLeft: Number(row.tries_left),
        expiresAtMs: Number(row.expires_ms),
      };
    });
  }

  async closeChallenge(id: string): Promise<boolean> {
    return this.#database.run('UPDATE challenge SET is_answered = 1 WHERE id = ? AND is_answered = 0', id) === 1;
  }

  async forgetExpired(nowMs: number): Promise<void> {
    this.#database.transaction(() => {
      for (const table of ['link', 'device', 'challenge'])
        this.#database.run(`DELETE FROM ${table} WHERE expires_ms <= ?`, nowMs);
    });
  }
}
