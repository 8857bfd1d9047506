/** What every hold store must do; run over SQLite and over Redis. */
import { expect, it } from 'vitest';
import { digestOf } from '../../src/approval/digest.ts';
import type { Hold } from '../../src/approval/hold.ts';
import type { HoldStore } from '../../src/approval/store.ts';
import { action, holdFor, uncapped } from '../support/holds.ts';
import { raceOpenings } from '../support/races.ts';

function numbered(number: number, change: Partial<Hold> = {}): Hold {
  const held = { ...action, command: `echo ${number}`, ...change.action };
  const id = `h-${String(number).padStart(12, '0')}`;
  return holdFor({ id, createdAtMs: 1_000 + number, ...change, action: held, digest: digestOf(held) });
}

export function holdStoreContract(open: () => Promise<HoldStore>): void {
  it('gives back what was put in, whole', async () => {
    const store = await open();
    const hold = holdFor({
      minReasonLength: 3,
      deliveries: [{ channel: 'mail', reviewer: 'maya', state: 'queued', attempts: 0, atMs: 5 }],
    });
    expect(await store.insert(hold, uncapped)).toBe('inserted');
    expect(await store.get(hold.id)).toEqual(JSON.parse(JSON.stringify(hold)));
    expect(await store.get('h-unknown')).toBeUndefined();
  });

  it('says which of many are not pending', async () => {
    const store = await open();
    for (let number = 0; number < 3; number++) await store.insert(numbered(number), uncapped);
    await store.replace(numbered(1), { ...numbered(1), version: 2, state: 'approved' });
    const ids = [numbered(0).id, numbered(1).id, 'h-unknown', numbered(2).id];
    expect(await store.settledOf(ids)).toEqual([numbered(1).id, 'h-unknown']);
    expect(await store.settledOf([])).toEqual([]);
  });

  it('has one pending hold per digest', async () => {
    const store = await open();
    await store.insert(numbered(1), uncapped);
    const again = { ...numbered(1), id: 'h-again' };
    expect(await store.insert(again, uncapped)).toBe('duplicate');
    expect(await store.get('h-again')).toBeUndefined();
    await store.replace(numbered(1), { ...numbered(1), version: 2, state: 'rejected' });
    expect(await store.insert(again, uncapped)).toBe('inserted');
  });

  it.each([
    { name: 'another version', before: { version: 2 } },
    { name: 'another state', before: { state: 'approved' } },
    { name: 'another id', before: { id: 'h-other' } },
  ] as const)('changes nothing when it expects $name', async ({ before }) => {
    const store = await open();
    await store.insert(numbered(1), uncapped);
    const after: Hold = { ...numbered(1), version: 3, state: 'approved' };
    expect(await store.replace({ ...numbered(1), ...before }, after)).toBe(false);
    expect((await store.get(numbered(1).id))?.state).toBe('pending');
  });

  it('lets one of many writers win', async () => {
    const store = await open();
    const hold = numbered(1);
    await store.insert(hold, uncapped);
    const wins = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        store.replace(hold, { ...hold, version: 2, state: at % 2 === 0 ? 'approved' : 'rejected', reason: `${at}` }),
      ),
    );
    expect(wins.filter(Boolean)).toHaveLength(1);
    expect((await store.get(hold.id))?.reason).toBe(String(wins.indexOf(true)));
  });

  it('keeps the limits of an agent that asks on every node at once', { timeout: 60_000 }, async () => {
    const store = await open();
    await raceOpenings([store, store, store], 40);
  });

  it('finds what is open for a digest', async () => {
    const store = await open();
    const hold = numbered(1);
    await store.insert(hold, uncapped);
    await store.insert(numbered(2), uncapped);
    expect((await store.findOpen(hold.digest)).map(({ id }) => id)).toEqual([hold.id]);
    const approved: Hold = { ...hold, version: 2, state: 'approved', grantExpiresAtMs: 5_000 };
    await store.replace(hold, approved);
    expect((await store.findOpen(hold.digest)).map((found) => found.state)).toEqual(['approved']);
    await store.replace(approved, { ...approved, version: 3, state: 'released' });
    expect(await store.findOpen(hold.digest)).toEqual([]);
  });

  it('pages through lists, newest first, by state and agent', async () => {
    const store = await open();
    for (let number = 0; number < 25; number++) {
      const agent = number % 5 === 0 ? 'fifth' : 'builder';
      await store.insert(numbered(number, { action: { ...action, agent, command: `echo ${number}` } }), uncapped);
    }
    const rejected = numbered(7);
    await store.replace(rejected, { ...rejected, version: 2, state: 'rejected' });
    const all = async (state: Hold['state'] | undefined, agent: string | undefined): Promise<string[]> => {
      const ids: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await store.list({ state, agent, limit: 4, cursor });
        expect(page.holds.length).toBeLessThanOrEqual(4);
        ids.push(...page.holds.map(({ id }) => id));
        cursor = page.next;
      } while (cursor !== undefined);
      return ids;
    };
    const everything = Array.from({ length: 25 }, (_, at) => numbered(24 - at).id);
    expect(await all(undefined, undefined)).toEqual(everything);
    expect(await all('pending', undefined)).toEqual(everything.filter((id) => id !== rejected.id));
    expect(await all('rejected', undefined)).toEqual([rejected.id]);
    expect(await all(undefined, 'fifth')).toEqual([20, 15, 10, 5, 0].map((number) => numbered(number).id));
    expect(await all('pending', 'fifth')).toHaveLength(5);
    expect(await all('expired', undefined)).toEqual([]);
  });

  it('knows what is due, earliest first, pending and approved', async () => {
    const store = await open();
    await store.insert(numbered(1, { expiresAtMs: 300 }), uncapped);
    await store.insert(numbered(2, { expiresAtMs: 100 }), uncapped);
    await store.insert(numbered(3, { expiresAtMs: 900 }), uncapped);
    const granted = numbered(4, { expiresAtMs: 50 });
    await store.insert(granted, uncapped);
    await store.replace(granted, { ...granted, version: 2, state: 'approved', grantExpiresAtMs: 200 });
    const done = numbered(5, { expiresAtMs: 10 });
    await store.insert(done, uncapped);
    await store.replace(done, { ...done, version: 2, state: 'rejected' });
    expect((await store.due(300, 10)).map(({ id }) => id)).toEqual([2, 4, 1].map((number) => numbered(number).id));
    expect(await store.due(300, 1)).toHaveLength(1);
    expect(await store.due(99, 10)).toEqual([]);
  });

  it('forgets what is final and old, and nothing else', async () => {
    const store = await open();
    for (let number = 0; number < 6; number++) await store.insert(numbered(number), uncapped);
    const end = async (number: number, state: Hold['state']) =>
      store.replace(numbered(number), { ...numbered(number), version: 2, state });
    await end(0, 'rejected');
    await end(1, 'released');
    await end(2, 'expired');
    await end(3, 'approved');
    await end(5, 'withdrawn');
    expect(await store.forget(1_005, 2)).toBe(2);
    expect(await store.forget(1_005, 2)).toBe(1);
    expect(await store.forget(1_005, 2)).toBe(0);
    const left = await store.list({ state: undefined, agent: undefined, limit: 10, cursor: undefined });
    expect(left.holds.map(({ id }) => id)).toEqual([5, 4, 3].map((number) => numbered(number).id));
    expect(await store.count('builder', 0)).toEqual({ pending: 1, opened: 3 });
    expect((await store.list({ state: 'rejected', agent: 'builder', limit: 10, cursor: undefined })).holds).toEqual([]);
    expect(await store.insert({ ...numbered(0), id: 'h-new' }, uncapped)).toBe('inserted');
  });

  it('counts pending and recent holds of an agent', async () => {
    const store = await open();
    for (let number = 0; number < 4; number++) await store.insert(numbered(number), uncapped);
    const gone = numbered(0);
    await store.replace(gone, { ...gone, version: 2, state: 'expired' });
    expect(await store.count('builder', 1_002)).toEqual({ pending: 3, opened: 2 });
    expect(await store.count('other', 0)).toEqual({ pending: 0, opened: 0 });
  });
}
