/** A primary with two replicas, and how many of them must have a change before it counts. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openRedisStore } from '../../src/store/open.ts';
import { examineRedis } from '../../src/store/redis/examination.ts';
import { holdFor, uncapped } from '../support/holds.ts';
import { type RedisProcess, RedisServers, until } from '../support/redis-servers.ts';

let servers: RedisServers;
let primary: RedisProcess;
let replicas: readonly RedisProcess[];
const online = async () => (await primary.cli('INFO', 'replication')).split('state=online').length - 1;

beforeAll(async () => {
  servers = new RedisServers();
  primary = await servers.start([]);
  const of = ['--replicaof', '127.0.0.1', String(primary.port)];
  replicas = [await servers.start(of), await servers.start(of)];
  await until(async () => (await online()) === 2);
}, 60_000);
afterAll(() => servers.close());

const url = () => `redis://127.0.0.1:${primary.port}`;

async function storeWith(count: number | undefined) {
  const store = await openRedisStore(url(), () => undefined, { replicas: count });
  onTestFinished(() => store.close());
  return store;
}

describe('store.replicas', () => {
  it('counts a change that all of them have; while one hangs, only who wants fewer is served', async () => {
    const stores = { both: await storeWith(2), usual: await storeWith(undefined), none: await storeWith(0) };
    const insert = (name: keyof typeof stores, id: string) =>
      stores[name].holds.insert(holdFor({ id, digest: `${id}-of-${name}` }), uncapped);
    expect(await insert('both', 'h-1')).toBe('inserted');
    expect(await stores.both.warnings()).toEqual([]);

    replicas[1]?.child.kill('SIGSTOP');
    await expect(insert('both', 'h-2')).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
    expect(await insert('usual', 'h-3')).toBe('inserted');
    replicas[0]?.child.kill('SIGSTOP');
    await expect(insert('usual', 'h-4')).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
    expect(await insert('none', 'h-5')).toBe('inserted');

    for (const { child } of replicas) child.kill('SIGCONT');
    await until(async () => (await online()) === 2);
    await until(() =>
      insert('both', 'h-6').then(
        () => true,
        () => false,
      ),
    );
  });

  it('of more than there are decides nothing, and says so when it is opened and to doctor', async () => {
    const store = await storeWith(3);
    const warning = '2 of the 3 replicas of store.replicas; nothing can be decided until all are there';
    expect(await store.warnings()).toEqual([`Redis: ${warning}`]);
    expect(await examineRedis(url(), { replicas: 3 })).toEqual({ state: 'warn', details: [`Redis: ${warning}`] });
    await expect(store.holds.insert(holdFor({ id: 'h-9' }), uncapped)).rejects.toMatchObject({
      code: 'STORE_UNREACHABLE',
    });
  });
});
