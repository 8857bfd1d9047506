/** What every store of scopes must do; run over SQLite and over Redis. */
import { expect, it } from 'vitest';
import type { Scope } from '../../src/approval/scope.ts';
import type { ScopeStore } from '../../src/approval/scopes.ts';

const scope: Scope = {
  id: 's-1',
  version: 1,
  kind: 'session',
  agent: 'builder',
  keyFingerprint: 'SHA256:k',
  target: 'web-1',
  targetHostKey: 'SHA256:h',
  account: 'deploy',
  digest: 'd',
  command: 'touch "ä"',
  session: 'x',
  createdBy: ['maya'],
  hold: 'h-1',
  createdAtMs: 1_000,
  expiresAtMs: 2_000,
  uses: 0,
};

export function scopeStoreContract(open: () => Promise<ScopeStore>): void {
  it('keeps one scope of each id', async () => {
    const store = await open();
    expect(await Promise.all([store.insert(scope), store.insert({ ...scope, uses: 9 })])).toEqual([true, false]);
    expect(await store.get('s-1')).toEqual(scope);
    expect(await store.get('s-2')).toBeUndefined();
  });

  it('changes it for one of many who read the same', async () => {
    const store = await open();
    await store.insert(scope);
    const read = await store.get('s-1');
    if (read === undefined) throw new Error('it was not kept');
    const won = await Promise.all(
      Array.from({ length: 20 }, (_, at) => store.replace(read, { ...read, version: 2, uses: at })),
    );
    expect(won.filter(Boolean)).toHaveLength(1);
    const now = await store.get('s-1');
    expect(now?.uses).toBe(won.indexOf(true));
    expect(now && (await store.replace(now, { ...now, version: 3, revokedAtMs: 1_500, revokedBy: 'noor' }))).toBe(true);
    expect(await store.get('s-1')).toMatchObject({ revokedBy: 'noor' });
  });

  it('drops what has expired', async () => {
    const store = await open();
    await store.insert(scope);
    await store.insert({ ...scope, id: 's-2', expiresAtMs: 3_000 });
    expect((await store.list(1_999)).map(({ id }) => id).toSorted()).toEqual(['s-1', 's-2']);
    expect((await store.list(2_000)).map(({ id }) => id)).toEqual(['s-2']);
    expect(await store.get('s-1')).toBeUndefined();
  });
}
