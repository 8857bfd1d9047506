import { appendFileSync, cpSync, existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { finish, type Program, poll, startProgram } from '../support/program.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

/** Two programs with the same keys and configuration on one Redis, as behind a load balancer. */
async function twoNodes(): Promise<{ readonly one: Program; readonly two: Program; readonly redis: TestRedis }> {
  const redis = await startRedis();
  onTestFinished(() => redis.close());
  const first = await startProgram();
  await first.stop();
  appendFileSync(join(first.directory, 'sallyport.yaml'), `store: redis+unix://${redis.socket}\n`);
  const copy = `${first.directory}-two`;
  onTestFinished(() => rmSync(copy, { recursive: true, force: true }));
  // Evidence and lock are each node's own.
  const own = new Set(
    ['audit', 'recordings', 'sallyport.db', 'sallyport.lock'].map((name) => join(first.directory, name)),
  );
  cpSync(first.directory, copy, { recursive: true, filter: (source) => !own.has(source) });
  const one = await startProgram({ directory: first.directory });
  const two = await startProgram({ directory: copy });
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
