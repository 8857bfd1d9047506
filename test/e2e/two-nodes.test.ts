import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startNodes } from '../support/nodes.ts';
import { finish, type Program, poll } from '../support/program.ts';
import type { TestRedis } from '../support/redis.ts';

async function twoNodes(): Promise<{ readonly one: Program; readonly two: Program; readonly redis: TestRedis }> {
  const { nodes, redis } = await startNodes(['gate-1', 'gate-2']);
  const [one, two] = nodes as [Program, Program];
  return { one, two, redis };
}

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

  it('say so when the store is away, run nothing that must be held, and recover without a restart', async () => {
    const { one, redis } = await twoNodes();
    await redis.kill();
    const refused = await one.ssh('touch while-away');
    expect([70, 75]).toContain(refused.status);
    expect(refused.stderr).toMatch(/sallyport: /);
    expect(existsSync(join(one.directory, 'sandbox', 'while-away'))).toBe(false);
    expect((await one.ssh('true')).status).toBe(0);
    await redis.restart();
    await poll(async () => (await one.api('/holds?state=pending')).ok || undefined);
    const child = one.spawnSsh('touch after-all');
    child.stdin?.end();
    const finished = finish(child);
    const hold = await one.pendingHold();
    await one.decide(hold.id, 'approve');
    expect((await finished).status).toBe(0);
  });
});
