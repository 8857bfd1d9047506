/** What every shelf must do; run over SQLite and over Redis. */
import { expect, it } from 'vitest';
import type { Shelf, ShelfRecord } from '../../src/store/shelf.ts';

const record = (key: string, expiresAtMs = 2_000, body = `"${key}"`): ShelfRecord => ({ key, body, expiresAtMs });
const keys = (records: readonly ShelfRecord[]) => records.map(({ key }) => key);

export function shelfContract(open: (now: () => number) => Promise<Shelf>): void {
  let nowMs = 1_000;
  const fresh = (): Promise<Shelf> => {
    nowMs = 1_000;
    return open(() => nowMs);
  };

  it('keeps records of each kind apart, and replaces what has the same key', async () => {
    const shelf = await fresh();
    await shelf.put('sign-in', record('a'), 10);
    await shelf.put('passkey', record('a', 3_000, '{"ä":1}'), 10);
    await shelf.put('sign-in', record('a', 2_500, 'new'), 10);
    expect(await shelf.get('sign-in', 'a')).toEqual({ key: 'a', body: 'new', expiresAtMs: 2_500 });
    expect(await shelf.get('passkey', 'a')).toEqual({ key: 'a', body: '{"ä":1}', expiresAtMs: 3_000 });
    expect(await shelf.get('web-session', 'a')).toBeUndefined();
    expect(await shelf.list('web-session')).toEqual([]);
  });

  it('has nothing whose time is over', async () => {
    const shelf = await fresh();
    await shelf.put('sign-in', record('late', 3_000), 10);
    await shelf.put('sign-in', record('early', 2_000), 10);
    expect(keys(await shelf.list('sign-in'))).toEqual(['early', 'late']);
    nowMs = 2_000;
    expect(keys(await shelf.list('sign-in'))).toEqual(['late']);
    expect(await shelf.get('sign-in', 'early')).toBeUndefined();
    expect(await shelf.replace('sign-in', record('early', 2_000), record('early', 9_000))).toBe(false);
    expect(await shelf.take('sign-in', 'early')).toBeUndefined();
    expect(await shelf.take('sign-in', 'late')).toEqual(record('late', 3_000));
  });

  it('lets those that end first fall out when there are too many, never the one just put', async () => {
    const shelf = await fresh();
    for (const [at, end] of [5_000, 3_000, 4_000].entries()) await shelf.put('sign-in', record(`r${at}`, end), 3);
    await shelf.put('sign-in', record('new', 2_000), 3);
    expect(keys(await shelf.list('sign-in'))).toEqual(['new', 'r2', 'r0']);
    await shelf.put('sign-in', record('new', 9_000), 3);
    expect(keys(await shelf.list('sign-in'))).toEqual(['r2', 'r0', 'new']);
  });

  it('changes and gives away a record for one of many', async () => {
    const shelf = await fresh();
    await shelf.put('sign-in', record('a'), 10);
    const changed = await Promise.all(
      Array.from({ length: 20 }, (_, at) => shelf.replace('sign-in', record('a'), record('a', 2_000, String(at)))),
    );
    expect(changed.filter(Boolean)).toHaveLength(1);
    expect((await shelf.get('sign-in', 'a'))?.body).toBe(String(changed.indexOf(true)));
    const taken = await Promise.all(Array.from({ length: 20 }, () => shelf.take('sign-in', 'a')));
    expect(taken.filter((each) => each !== undefined)).toHaveLength(1);
    expect(await shelf.get('sign-in', 'a')).toBeUndefined();
  });
}
