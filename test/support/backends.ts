/** The two kinds of store, for suites that run over both; the Redis is a real one of the suite's own. */
import { afterAll, beforeAll } from 'vitest';
import { openEmbeddedStore, openRedisStore, type Store } from '../../src/store/open.ts';
import { temporaryDirectory } from './directory.ts';
import { startRedis, type TestRedis } from './redis.ts';

export interface Backend {
  readonly name: string;
  /** An empty store, and how to open the same again as after a restart. */
  open(): Promise<{ readonly store: Store; again(): Promise<Store> }>;
}

export function bothBackends(): readonly Backend[] {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.close());
  return [
    {
      name: 'SQLite',
      open: async () => {
        const directory = temporaryDirectory();
        return { store: openEmbeddedStore(directory), again: async () => openEmbeddedStore(directory) };
      },
    },
    {
      name: 'Redis',
      open: async () => {
        await redis.flush();
        const again = () => openRedisStore(`redis+unix://${redis.socket}`, () => undefined);
        return { store: await again(), again };
      },
    },
  ];
}
