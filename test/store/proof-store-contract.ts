/** What every store of links, devices and challenges must do; run over SQLite and over Redis. */
import { expect, it } from 'vitest';
import type { ProofStore } from '../../src/approval/store.ts';

export function proofStoreContract(open: () => Promise<ProofStore>): void {
  const farMs = Date.now() + 3_600_000;
  const link = { tokenHash: 't1', hold: 'h-1', reviewer: 'maya', expiresAtMs: farMs, isUsed: false };

  it('uses a link once, with the reviewer’s other links to the same hold', async () => {
    const store = await open();
    await store.insertLink(link);
    await store.insertLink({ ...link, tokenHash: 't2' });
    await store.insertLink({ ...link, tokenHash: 't3', reviewer: 'noor' });
    await store.insertLink({ ...link, tokenHash: 't4', hold: 'h-2' });
    expect(await store.getLink('t1')).toEqual(link);
    const wins = await Promise.all(Array.from({ length: 20 }, () => store.useLink('t1')));
    expect(wins.filter(Boolean)).toHaveLength(1);
    const used = await Promise.all(['t1', 't2', 't3', 't4'].map(async (hash) => (await store.getLink(hash))?.isUsed));
    expect(used).toEqual([true, true, false, false]);
    expect(await store.useLink('t2')).toBe(false);
    expect(await store.useLink('unknown')).toBe(false);
  });

  it('keeps the newest devices of each reviewer', async () => {
    const store = await open();
    for (let number = 1; number <= 5; number++)
      await store.insertDevice({ secretHash: `d${number}`, reviewer: 'maya', expiresAtMs: farMs + number }, 3);
    await store.insertDevice({ secretHash: 'n1', reviewer: 'noor', expiresAtMs: farMs }, 3);
    const known = await Promise.all(['d1', 'd2', 'd3', 'd4', 'd5', 'n1'].map((hash) => store.getDevice(hash)));
    expect(known.map((device) => device?.secretHash)).toEqual([undefined, undefined, 'd3', 'd4', 'd5', 'n1']);
    await store.removeDevices('maya');
    expect(await store.getDevice('d5')).toBeUndefined();
    expect(await store.getDevice('n1')).toEqual({ secretHash: 'n1', reviewer: 'noor', expiresAtMs: farMs });
  });

  it('takes every try once and answers once', async () => {
    const store = await open();
    const challenge = { id: 'c1', reviewer: 'maya', hold: 'h-1', answerHash: 'a', triesLeft: 3, expiresAtMs: farMs };
    expect(await store.insertChallenge(challenge, 2)).toBe(true);
    expect(await store.insertChallenge({ ...challenge, id: 'c2' }, 2)).toBe(true);
    expect(await store.insertChallenge({ ...challenge, id: 'c3' }, 2)).toBe(false);
    expect(await store.insertChallenge({ ...challenge, id: 'c4', reviewer: 'noor' }, 2)).toBe(true);
    const tries = await Promise.all(Array.from({ length: 10 }, () => store.takeTry('c1')));
    expect(tries.filter((taken) => taken !== undefined).map(({ triesLeft }) => triesLeft)).toEqual([3, 2, 1]);
    expect(await store.takeTry('c3')).toBeUndefined();
    const answers = await Promise.all([1, 2, 3].map(() => store.closeChallenge('c2')));
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await store.takeTry('c2')).toBeUndefined();
  });

  it('forgets what expired and nothing else', async () => {
    const store = await open();
    const nowMs = Date.now();
    await store.insertLink({ ...link, expiresAtMs: nowMs + 1_000 });
    await store.insertLink({ ...link, tokenHash: 't2' });
    await store.forgetExpired(nowMs + 2_000);
    expect(await store.getLink('t1')).toBeUndefined();
    expect(await store.getLink('t2')).toBeDefined();
  });
}
