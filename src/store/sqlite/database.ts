/**
 * The embedded database: one file, `sallyport.db`, for holds, proofs and jobs.
 *
 * INVARIANT: what a call returned is on disk (WAL with synchronous=FULL syncs on every commit).
 * INVARIANT: one process per directory. A second one is refused before it reads anything: two would each wake only
 * their own agents and run each other's jobs.
 */
import { chmodSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { messageOf } from '../../errors.ts';
import { StoreError } from '../errors.ts';
import { schema, schemaVersion } from './schema.ts';

export type SqlValue = string | number | null;

/** The part of `node:sqlite` that is used; `@photostructure/sqlite` has the same. */
interface Statement {
  run(...values: SqlValue[]): { changes: number | bigint };
  get(...values: SqlValue[]): unknown;
  all(...values: SqlValue[]): unknown[];
}
interface Connection {
  exec(sql: string): void;
  prepare(sql: string): Statement;
  close(): void;
}
interface Driver {
  readonly DatabaseSync: new (path: string) => Connection;
}

export type Row = Readonly<Record<string, unknown>>;

export class Database {
  readonly #connection: Connection;
  readonly #lock: Connection;
  readonly #statements = new Map<string, Statement>();
  #depth = 0;
  #isOpen = true;

  constructor(connection: Connection, lock: Connection) {
    this.#connection = connection;
    this.#lock = lock;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** How many rows changed. */
  run(sql: string, ...values: SqlValue[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  get(sql: string, ...values: SqlValue[]): Row | undefined {
    return rowOf(this.#statement(sql).get(...values));
  }

  all(sql: string, ...values: SqlValue[]): readonly Row[] {
    return this.#statement(sql)
      .all(...values)
      .map((row) => rowOf(row) ?? {});
  }

  /** All or nothing. Synchronous on purpose: nothing else of this process can come in between. */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.#connection.exec('BEGIN IMMEDIATE');
    this.#depth += 1;
    try {
      const result = work();
      this.#connection.exec('COMMIT');
      return result;
    } catch (error) {
      this.#connection.exec('ROLLBACK');
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#statements.clear();
    this.#connection.close();
    this.#lock.close();
  }

  #statement(sql: string): Statement {
    if (!this.#isOpen) throw new StoreError('STORE_UNUSABLE', 'the database is closed');
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** Opens or creates DIR/sallyport.db. Throws STORE_IN_USE when another process (or this one) has it. */
export function openDatabase(directory: string): Database {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { DatabaseSync } = loadDriver();
  const lock = takeLock(new DatabaseSync(join(directory, 'sallyport.lock')), directory);
  const file = join(directory, 'sallyport.db');
  try {
    const connection = new DatabaseSync(file);
    chmodSync(file, 0o600);
    connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000');
    migrate(connection, file);
    return new Database(connection, lock);
  } catch (error) {
    lock.close();
    if (error instanceof StoreError) throw error;
    throw new StoreError('STORE_UNUSABLE', `cannot open ${file}: ${messageOf(error)}`, { cause: error });
  }
}

/** The kernel drops this lock when the process dies, however it dies: no stale lock file to remove by hand. */
function takeLock(lock: Connection, directory: string): Connection {
  try {
    lock.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    const text = `${directory} is in use by another Sallyport process; stop it or choose another --dir`;
    throw new StoreError('STORE_IN_USE', text, { cause: error, publicMessage: text });
  }
}

function migrate(connection: Connection, file: string): void {
  const found = Number(rowOf(connection.prepare('PRAGMA user_version').get())?.user_version ?? 0);
  if (found === schemaVersion) return;
  if (found !== 0)
    throw new StoreError('STORE_UNUSABLE', `${file} has schema ${found}, this program knows ${schemaVersion}`);
  connection.exec(`BEGIN IMMEDIATE; ${schema}; PRAGMA user_version = ${schemaVersion}; COMMIT`);
}

/** `node:sqlite` from Node 22.13 on, else the package with the same interface. */
function loadDriver(): Driver {
  const require = createRequire(import.meta.url);
  for (const name of ['node:sqlite', '@photostructure/sqlite']) {
    try {
      const found: unknown = require(name);
      if (isDriver(found)) return found;
    } catch {
      // The next one, or the error below.
    }
  }
  throw new StoreError('STORE_UNUSABLE', 'no SQLite: use Node 22.13 or newer, or install @photostructure/sqlite');
}

function isDriver(value: unknown): value is Driver {
  return typeof value === 'object' && value !== null && 'DatabaseSync' in value;
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null;
}

function rowOf(value: unknown): Row | undefined {
  return isRow(value) ? value : undefined;
}
