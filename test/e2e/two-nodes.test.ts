import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startNodes } from '../support/nodes.ts';
import { finish, type Program, poll } from '../support/program.ts';
import type { TestRedis } from '../support/redis.ts';

async function twoNodes(): Promise<{ readonly one: Program; readonly two: Program; readonly redis: TestRedis }> {
  const { nodes, redis } = await startNodes(['gate-1', 'gate-2']);
  const [one, two] = nodes as [Program, Program];
  return { one, two, redis };
}

function begin(node: Program, command: string) {
  const child = node.spawnSsh(command);
  child.stdin?.end();
  return finish(child);
}

/** An agent that sends its command again until it waits: a node needs a moment to find a store that came back. */
async function beginHeld(node: Program, other: Program, command: string) {
  for (let attempt = 0; attempt < 100; attempt++) {
    const asked = begin(node, command);
    const held = other.pendingHold().catch(() => undefined);
    const hold = await Promise.race([asked.then(() => undefined), held]);
    if (hold !== undefined) return { asked, id: hold.id };
    await delay(100);
  }
  throw new Error('the store came back and nothing is held');
}

/** A person who presses the button until there is an answer. */
const decideInTheEnd = (node: Program, id: string) =>
  poll(async () => {
    const { status } = await node.decide(id, 'approve').catch(() => ({ status: 503 }));
    return status < 500 ? status : undefined;
  }, 30_000);

describe('two nodes on one Redis', () => {
  it('approve on one what waits on the other, and finish what a dead one began', async () => {
    const { one, two } = await twoNodes();
    const waiting = one.spawnSsh('touch made-on-one; exit 3');
    waiting.stdin?.end();
    const finished = finish(waiting);
    const hold = await two.pendingHold();
    expect((await two.decide(hold.id, 'approve')).status).toBe(200);
    expect((await finished).status).toBe(3);
    expect(existsSync(join(one.directory, 'sandbox', 'made-on-one'))).toBe(true);
    expect(existsSync(join(two.directory, 'sandbox', 'made-on-one'))).toBe(false);

    const orphan = one.spawnSsh('touch made-after-crash');
    orphan.stdin?.end();
    const second = await two.pendingHold();
    await one.stop('SIGKILL');
    expect((await two.decide(second.id, 'approve')).status).toBe(200);
    expect(await two.ssh('touch made-after-crash')).toMatchObject({ status: 0 });
    expect(existsSync(join(two.directory, 'sandbox', 'made-after-crash'))).toBe(true);
    const released = two.auditRecords().filter(({ event, hold: id }) => event === 'hold.released' && id === second.id);
    expect(released).toHaveLength(1);
  });

  const away =
    'say so when the store is away, killed or empty, run nothing that must be held and nothing twice, and recover by themselves';
  it(away, { timeout: 240_000 }, async () => {
    const { one, two, redis } = await twoNodes();
    await redis.kill();
    const refused = await one.ssh('touch while-away');
    expect([70, 75]).toContain(refused.status);
    expect(refused.stderr).toMatch(/sallyport: /);
    expect(existsSync(join(one.directory, 'sandbox', 'while-away'))).toBe(false);
    expect((await one.ssh('true')).status).toBe(0);
    await redis.restart();
    await poll(async () => (await one.api('/holds?state=pending')).ok || undefined);
    const { asked: afterAll, id: last } = await beginHeld(one, one, 'touch after-all');
    await one.decide(last, 'approve');
    expect((await afterAll).status).toBe(0);

    // Killed at some moment between asking, deciding and releasing: it ran once and said so, or not at all.
    for (let round = 0; round < 3; round++) {
      const file = join(one.directory, 'sandbox', `round-${round}`);
      const { asked, id } = await beginHeld(one, two, `echo ran >> round-${round}`);
      const decided = decideInTheEnd(two, id);
      await delay(Math.random() * 120);
      await redis.kill();
      await redis.restart();
      await decided;
      const { status } = await asked;
      expect([0, 70, 75]).toContain(status);
      const ran = existsSync(file) ? readFileSync(file, 'utf8') : '';
      expect(ran).toBe(status === 0 ? 'ran\n' : '');
    }

    // Comes back knowing nothing: the agent that waited hears so, and nobody can approve what is gone.
    const { asked: forgotten, id: gone } = await beginHeld(one, two, 'touch forgotten');
    await redis.kill();
    await redis.restart({ empty: true });
    const told = await forgotten;
    expect([70, 75]).toContain(told.status);
    expect(told.stderr).toMatch(/sallyport: /);
    expect((await two.decide(gone, 'approve')).status).toBe(404);
    expect(existsSync(join(one.directory, 'sandbox', 'forgotten'))).toBe(false);
    const released = [...one.auditRecords(), ...two.auditRecords()].filter(({ event }) => event === 'hold.released');
    expect(new Set(released.map((record) => record.hold)).size).toBe(released.length);
    expect(released.map((record) => record.hold)).not.toContain(gone);
  });
});
