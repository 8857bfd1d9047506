/** A real cluster of three primaries: every contract, the races and two nodes, over keys that all lie in one slot. */
import { createRedisBackend } from 'bullmq';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openRedisStore, type Store } from '../../src/store/open.ts';
import { prefix, RedisConnection } from '../../src/store/redis/connection.ts';
import { RedisShelf } from '../../src/store/redis/shelf.ts';
import { openPatientClient, redisTarget } from '../../src/store/redis/target.ts';
import { eventually } from '../support/eventually.ts';
import { holdFor, uncapped } from '../support/holds.ts';
import { raceReviewers } from '../support/races.ts';
import { type RedisProcess, RedisServers, startCluster, until } from '../support/redis-servers.ts';
import { holdStoreContract } from './hold-store-contract.ts';
import { proofStoreContract } from './proof-store-contract.ts';
import { queueContract } from './queue-contract.ts';
import { scopeStoreContract } from './scope-store-contract.ts';
import { shelfContract } from './shelf-contract.ts';

const servers = new RedisServers();
let primaries: readonly RedisProcess[];
let url: string;
beforeAll(async () => {
  ({ primaries, url } = await startCluster(servers));
}, 60_000);
afterAll(() => servers.close());
beforeEach(async () => {
  await Promise.all(primaries.map(({ cli }) => cli('FLUSHALL')));
});

async function openStore(): Promise<Store> {
  const store = await openRedisStore(url, () => undefined);
  onTestFinished(() => store.close());
  return store;
}

describe('holds in a cluster', () => holdStoreContract(async () => (await openStore()).holds));
describe('scopes in a cluster', () => scopeStoreContract(async () => (await openStore()).scopes));
describe('proofs in a cluster', () => proofStoreContract(async () => (await openStore()).proofs));
describe('the shelf in a cluster', () =>
  shelfContract(async (now) => {
    const connection = new RedisConnection(redisTarget(url), () => undefined);
    onTestFinished(() => connection.close());
    await connection.ready();
    return new RedisShelf(connection, now);
  }));
describe('BullMQ in a cluster', () =>
  queueContract(async () => {
    const connection = openPatientClient(redisTarget(url));
    connection.on('error', () => undefined);
    onTestFinished(() => connection.disconnect());
    return { factory: createRedisBackend, connection, prefix };
  }));

describe('a cluster', () => {
  it('keeps everything in one slot', async () => {
    const { holds, shelf } = await openStore();
    await holds.insert(holdFor(), uncapped);
    await shelf.put('sign-in', { key: 'a', body: '', expiresAtMs: Date.now() + 60_000 }, 10);
    const sizes = await Promise.all(primaries.map(({ cli }) => cli('DBSIZE')));
    expect(sizes.map(Number).filter((size) => size > 0)).toHaveLength(1);
  });

  it('carries what one node tells the other', async () => {
    const [one, two] = [await openStore(), await openStore()];
    const heard: string[] = [];
    two.wake?.subscribe((id) => heard.push(id));
    two.peers?.subscribe((id) => heard.push(`peer ${id}`));
    await eventually(() => {
      one.wake?.publish('h-1');
      return heard;
    }).toContain('h-1');
    expect(heard.filter((id) => id.startsWith('peer'))).toEqual([]);
  });

  it('500 rounds of 20 racing reviewers and releases: one winner each', { timeout: 240_000 }, async () => {
    const nodes = [await openStore(), await openStore()];
    await raceReviewers(
      nodes.map(({ holds }) => holds),
      500,
    );
  });

  it('is asked for by its own address, and says what is missing', async () => {
    const single = openRedisStore(`redis://127.0.0.1:${primaries[0]?.port}`, () => undefined);
    await expect(single).rejects.toMatchObject({
      code: 'STORE_UNUSABLE',
      message: expect.stringContaining('redis+cluster://'),
    });
    expect(await (await openStore()).warnings()).toEqual([expect.stringContaining('no replica')]);
  });

  it('that lost the primary of our slot fails within seconds, and is used again when that is back', {
    timeout: 60_000,
  }, async () => {
    const { holds } = await openStore();
    await holds.insert(holdFor(), uncapped);
    const sizes = await Promise.all(primaries.map(({ cli }) => cli('DBSIZE')));
    const ours = primaries[sizes.findIndex((size) => Number(size) > 0)];
    ours?.child.kill('SIGSTOP');
    const startMs = performance.now();
    await expect(holds.get('h-000000000000')).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
    expect(performance.now() - startMs).toBeLessThan(10_000);
    ours?.child.kill('SIGCONT');
    await until(async () =>
      holds.get('h-000000000000').then(
        (hold) => hold !== undefined,
        () => false,
      ),
    );
  });
});
