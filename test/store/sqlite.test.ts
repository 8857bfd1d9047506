import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openEmbeddedStore } from '../../src/store/open.ts';
import { type Database, openDatabase } from '../../src/store/sqlite/database.ts';
import { SqliteHoldStore } from '../../src/store/sqlite/holds.ts';
import { SqliteProofStore } from '../../src/store/sqlite/proofs.ts';
import { SqliteScopeStore } from '../../src/store/sqlite/scopes.ts';
import { SqliteShelf } from '../../src/store/sqlite/shelf.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { MemoryShelf } from '../support/shelf.ts';
import { holdStoreContract } from './hold-store-contract.ts';
import { proofStoreContract } from './proof-store-contract.ts';
import { scopeStoreContract } from './scope-store-contract.ts';
import { shelfContract } from './shelf-contract.ts';
import { standingContract } from './standing-contract.ts';

function temporaryDatabase(): Database {
  const database = openDatabase(temporaryDirectory());
  onTestFinished(() => database.close());
  return database;
}

describe('holds in SQLite', () => holdStoreContract(async () => new SqliteHoldStore(temporaryDatabase())));
describe('scopes in SQLite', () => scopeStoreContract(async () => new SqliteScopeStore(temporaryDatabase())));
describe('the shelf of tests', () => shelfContract(async (now) => new MemoryShelf(now)));
describe('the shelf in SQLite', () => shelfContract(async (now) => new SqliteShelf(temporaryDatabase(), now)));
describe('proofs in SQLite', () => proofStoreContract(async () => new SqliteProofStore(temporaryDatabase())));

describe('standings in SQLite', () =>
  standingContract(async () => {
    const store = openEmbeddedStore(temporaryDirectory());
    onTestFinished(() => store.close());
    return store;
  }));

describe('the embedded database', () => {
  it('writes through to the disk on every commit', () => {
    const database = temporaryDatabase();
    expect(database.get('PRAGMA journal_mode')).toEqual({ journal_mode: 'wal' });
    expect(database.get('PRAGMA synchronous')).toEqual({ synchronous: 2 });
  });

  it('is readable by its owner only', () => {
    const directory = temporaryDirectory();
    openDatabase(directory).close();
    expect(statSync(join(directory, 'sallyport.db')).mode & 0o777).toBe(0o600);
  });

  it('refuses a second opening of the same directory, in this process and in another', () => {
    const directory = temporaryDirectory();
    const database = openDatabase(directory);
    onTestFinished(() => database.close());
    const inUse = expect.objectContaining({ code: 'STORE_IN_USE', message: expect.stringContaining(directory) });
    expect(() => openDatabase(directory)).toThrow(inUse);
    const module = new URL('../../src/store/sqlite/database.ts', import.meta.url).href;
    const script = `import(${JSON.stringify(module)}).then(({ openDatabase }) => openDatabase(process.argv[1])).then(
      () => console.log('opened'), (error) => console.log(error.code))`;
    const answer = execFileSync(process.execPath, ['--import', 'tsx', '-e', script, directory], { encoding: 'utf8' });
    expect(answer.trim()).toBe('STORE_IN_USE');
    database.close();
    const again = execFileSync(process.execPath, ['--import', 'tsx', '-e', script, directory], { encoding: 'utf8' });
    expect(again.trim()).toBe('opened');
  });

  it('rolls a failed transaction back and goes on', () => {
    const database = temporaryDatabase();
    const insert = () => database.run(`INSERT INTO queue_meta VALUES ('q', 'f', 'v')`);
    expect(() =>
      database.transaction(() => {
        insert();
        throw new Error('half way');
      }),
    ).toThrow('half way');
    expect(database.all('SELECT * FROM queue_meta')).toEqual([]);
    database.transaction(insert);
    expect(database.all('SELECT * FROM queue_meta')).toHaveLength(1);
  });
});
