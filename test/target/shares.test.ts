import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Shares } from '../../src/target/shares.ts';

const never = new AbortController().signal;
const agents = ['a', 'b', 'c'] as const;

async function fill(shares: Shares, agent: string, capacity: number): Promise<number> {
  for (let count = 0; ; count += 1) {
    try {
      await shares.take(agent, () => capacity, 0, never);
    } catch {
      return count;
    }
  }
}

describe('the shares of a target', () => {
  it('halve: who comes later finds room, and nobody takes the last', async () => {
    const shares = new Shares();
    const counts: number[] = [];
    for (const agent of agents) counts.push(await fill(shares, agent, 200));
    expect(counts).toEqual([100, 50, 25]);
  });

  it('are one for everybody, also where there is only one channel', async () => {
    const shares = new Shares();
    expect(await fill(shares, 'a', 1)).toBe(1);
    expect(await fill(shares, 'b', 1)).toBe(1);
  });

  it('come back when a command ends, to whoever waits for one', async () => {
    const shares = new Shares();
    const giveBack = await shares.take('a', () => 2, 0, never);
    const waiting = shares.take('a', () => 2, 5_000, never);
    giveBack();
    giveBack();
    (await waiting)();
    expect(await fill(shares, 'a', 2)).toBe(1);
  });

  it('are not waited for by an agent that has gone', async () => {
    const shares = new Shares();
    const leaving = new AbortController();
    await shares.take('a', () => 2, 0, never);
    const waiting = shares.take('a', () => 2, 5_000, leaving.signal);
    leaving.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'TARGET_ABORTED' });
  });

  it('never let an agent hold more than it leaves free, whatever order they come in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 40 }),
        fc.array(fc.constantFrom(...agents), { maxLength: 80 }),
        async (capacity, asking) => {
          const shares = new Shares();
          const held = new Map<string, number>();
          for (const agent of asking) {
            const free = capacity - [...held.values()].reduce((sum, count) => sum + count, 0);
            const own = held.get(agent) ?? 0;
            const isTaken = await shares
              .take(agent, () => capacity, 0, never)
              .then(
                () => true,
                () => false,
              );
            expect(isTaken).toBe(own < Math.max(1, free));
            if (isTaken) held.set(agent, own + 1);
          }
        },
      ),
    );
  });
});
