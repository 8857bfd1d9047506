import { createRedisBackend } from 'bullmq';
import { afterAll, beforeAll, describe } from 'vitest';
import { startRedis, type TestRedis } from '../support/redis.ts';
import { queueContract } from './queue-contract.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis?.close());

describe('BullMQ on Redis', () =>
  queueContract(async () => ({ factory: createRedisBackend, connection: { path: redis.socket } })));
