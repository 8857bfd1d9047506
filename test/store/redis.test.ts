import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openRedisStore, type Store } from '../../src/store/open.ts';
import { RedisConnection } from '../../src/store/redis/connection.ts';
import { RedisShelf } from '../../src/store/redis/shelf.ts';
import { redisTarget } from '../../src/store/redis/target.ts';
import { holdFor, uncapped } from '../support/holds.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { holdStoreContract } from './hold-store-contract.ts';
import { proofStoreContract } from './proof-store-contract.ts';
import { scopeStoreContract } from './scope-store-contract.ts';
import { shelfContract } from './shelf-contract.ts';
import { standingContract } from './standing-contract.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis?.close());

async function emptyStore(): Promise<Store> {
  await redis.flush();
  const store = await openRedisStore(`redis+unix://${redis.socket}`, () => undefined);
  onTestFinished(() => store.close());
  return store;
}

describe('holds in Redis', () => holdStoreContract(async () => (await emptyStore()).holds));
describe('scopes in Redis', () => scopeStoreContract(async () => (await emptyStore()).scopes));
describe('the shelf in Redis', () =>
  shelfContract(async (now) => {
    await redis.flush();
    const connection = new RedisConnection({ path: redis.socket }, () => undefined);
    onTestFinished(() => connection.close());
    await connection.ready();
    return new RedisShelf(connection, now);
  }));
describe('standings in Redis', () => standingContract(emptyStore));
describe('proofs in Redis', () => proofStoreContract(async () => (await emptyStore()).proofs));

describe('a Redis store', () => {
  it('pages on when the last hold has left the list', async () => {
    const { holds } = await emptyStore();
    const made = Array.from({ length: 6 }, (_, at) =>
      holdFor({ id: `h-${at}`, digest: `d${at}`, createdAtMs: 1_000 + at }),
    );
    for (const hold of made) await holds.insert(hold, uncapped);
    const query = { state: 'pending', agent: undefined, limit: 3 } as const;
    const first = await holds.list({ ...query, cursor: undefined });
    expect(first.holds.map(({ id }) => id)).toEqual(['h-5', 'h-4', 'h-3']);
    const last = first.holds[2];
    if (last !== undefined) await holds.replace(last, { ...last, version: 2, state: 'rejected' });
    const rest = await holds.list({ ...query, cursor: first.next });
    expect(rest.holds.map(({ id }) => id)).toEqual(['h-2', 'h-1', 'h-0']);
  });

  it('says what an operator should change', async () => {
    const store = await emptyStore();
    expect(await store.warnings()).toEqual([]);
    await redis.command('CONFIG SET appendonly no');
    onTestFinished(async () => void (await redis.command('CONFIG SET appendonly yes')));
    expect(await store.warnings()).toEqual([expect.stringContaining('appendonly')]);
  });

  it.each([
    { url: 'redis://gate', want: { host: 'gate', port: 6_379 } },
    { url: 'rediss://:p%40ss@gate:7000/3', want: { host: 'gate', port: 7_000, db: 3, password: 'p@ss', tls: {} } },
    { url: 'redis://me:pw@[::1]:7000', want: { host: '::1', port: 7_000, username: 'me', password: 'pw' } },
    { url: 'redis+unix:///run/redis.sock', want: { path: '/run/redis.sock' } },
    {
      url: 'rediss+sentinel://me:pw@a:1,b/main',
      want: {
        name: 'main',
        sentinels: [
          { host: 'a', port: 1 },
          { host: 'b', port: 26_379 },
        ],
        username: 'me',
        password: 'pw',
        tls: {},
        enableTLSForSentinelMode: true,
        sentinelTLS: {},
      },
    },
  ])('reads $url', ({ url, want }) => {
    expect(redisTarget(url)).toEqual(want);
  });

  it.each(['', 'gate:6379', 'http://gate', 'redis://', 'redis://gate/CANARY'])(
    'refuses %j without repeating it',
    (url) => {
      expect(() => redisTarget(url)).toThrow(expect.objectContaining({ code: 'STORE_UNUSABLE' }));
      expect(() => redisTarget(url)).not.toThrow(/CANARY/);
    },
  );

  it('is not opened where no Redis is', async () => {
    const problems: unknown[] = [];
    const opened = openRedisStore('redis://CANARY@127.0.0.1:1', (error) => problems.push(error));
    await expect(opened).rejects.toMatchObject({ code: 'STORE_UNREACHABLE' });
    expect(problems.map(String).join()).toContain('ECONNREFUSED');
    expect(problems.map(String).join()).not.toContain('CANARY');
  });

  it('is not opened on a replica', async () => {
    await redis.command('REPLICAOF 127.0.0.1 1');
    onTestFinished(async () => void (await redis.command('REPLICAOF NO ONE')));
    const opened = openRedisStore(`redis+unix://${redis.socket}`, () => undefined);
    await expect(opened).rejects.toMatchObject({ code: 'STORE_UNUSABLE', message: expect.stringContaining('replica') });
  });
});
