import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRecords } from '../../src/audit/reader.ts';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { SqliteHoldStore } from '../../src/store/sqlite/holds.ts';
import { temporaryDirectory } from '../support/directory.ts';

const writer = new URL('../support/hold-writer.ts', import.meta.url).pathname;
const rounds = 12;

/** Lets a writer work until it has acknowledged `steps` steps and a random moment more, then kills it. */
async function killedWriter(directory: string, prefix: string, steps: number): Promise<string[]> {
  const child = spawn(process.execPath, ['--import', 'tsx', writer, directory, prefix], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [said, errors] = ['', ''];
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  child.stdout.on('data', (chunk: Buffer) => {
    const before = said.split('\n').length;
    said += chunk.toString();
    if (before <= steps && said.split('\n').length > steps) setTimeout(() => child.kill('SIGKILL'), Math.random() * 20);
  });
  const signal = await new Promise((resolve) => child.once('close', (_status, how) => resolve(how)));
  expect(signal, errors).toBe('SIGKILL');
  // A last line without its end was not acknowledged.
  return said.split('\n').slice(0, -1);
}

describe('kill -9 at a random moment', () => {
  it(`${rounds} times in a row: no acknowledged step is lost, nothing is released twice`, {
    timeout: 120_000,
  }, async () => {
    const directory = temporaryDirectory();
    const said: string[] = [];
    for (let round = 0; round < rounds; round++)
      said.push(...(await killedWriter(directory, `round ${round}`, 1 + Math.floor(Math.random() * 120))));
    const acknowledged = (step: string) =>
      said.filter((line) => line.startsWith(`${step} `)).map((line) => line.slice(step.length + 1));

    const logged: Record<string, string[]> = {};
    for await (const record of readRecords(join(directory, 'audit')))
      if ('hold' in record && record.hold !== undefined)
        logged[record.event] = [...(logged[record.event] ?? []), record.hold];
    const inLog = (event: string) => new Set(logged[event]);
    const database = openDatabase(directory);
    const store = new SqliteHoldStore(database);

    for (const id of acknowledged('opened')) {
      expect(inLog('hold.created').has(id)).toBe(true);
      expect((await store.get(id))?.id).toBe(id);
    }
    for (const id of acknowledged('decided')) {
      expect(inLog('hold.decided').has(id)).toBe(true);
      expect((await store.get(id))?.state).toMatch(/^(approved|released)$/);
    }
    const released = acknowledged('released');
    expect(new Set(released).size).toBe(released.length);
    expect(inLog('hold.released').size).toBe(logged['hold.released']?.length);
    for (const id of released) {
      expect(inLog('hold.released').has(id)).toBe(true);
      expect((await store.get(id))?.state).toBe('released');
    }
    // Whatever is approved or released in the store was decided in the log, and nothing is there that was not logged.
    for (const { id, state } of await everyHold(store)) {
      expect(inLog('hold.created').has(id)).toBe(true);
      if (state === 'approved' || state === 'released') expect(inLog('hold.decided').has(id)).toBe(true);
    }
    expect(released.length).toBeGreaterThan(rounds);
    database.close();
  });
});

async function everyHold(store: SqliteHoldStore) {
  const holds = [];
  let cursor: string | undefined;
  do {
    const page = await store.list({ state: undefined, agent: undefined, limit: 500, cursor });
    holds.push(...page.holds);
    cursor = page.next;
  } while (cursor !== undefined);
  return holds;
}
