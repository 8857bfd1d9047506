/** The subscription of a node on a real Redis, when its connection comes and goes. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { openRedisStore } from '../../src/store/open.ts';
import { eventually } from '../support/eventually.ts';
import { startRedis, type TestRedis } from '../support/redis.ts';

let redis: TestRedis;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis?.close());

/** Two nodes that share the store; `says` ends when the second has heard the first. */
async function pair() {
  const problems: unknown[] = [];
  const open = async () => {
    const store = await openRedisStore(`redis+unix://${redis.socket}`, (error) => problems.push(error));
    onTestFinished(() => store.close());
    if (store.wake === undefined) throw new Error('Redis has a wake');
    return { wake: store.wake, close: store.close };
  };
  const [one, two] = [await open(), await open()];
  const heard: string[] = [];
  two.wake.subscribe((id) => heard.push(id));
  const says = (id: string) =>
    eventually(() => {
      one.wake.publish(id);
      return heard.includes(id);
    }).toBe(true);
  const close = () => {
    one.close();
    two.close();
  };
  return { says, close, problems };
}

function catchUnhandled(): unknown[] {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', note);
  onTestFinished(() => {
    process.off('unhandledRejection', note);
    for (const other of others) process.on('unhandledRejection', other);
  });
  return unhandled;
}

/** Resolves when a client that connects asks whether the server is ready, before it is answered. */
function nextHandshake(): Promise<void> {
  const { info } = Redis.prototype;
  const spy = vi.spyOn(Redis.prototype, 'info');
  onTestFinished(() => spy.mockRestore());
  return new Promise((resolve) => {
    spy.mockImplementation(function (this: Redis, ...words) {
      resolve();
      return info.apply(this, words);
    });
  });
}

it('hears again what other nodes say when its connection was cut', async () => {
  const { says } = await pair();
  await says('before');
  await redis.command('CLIENT KILL TYPE pubsub');
  await says('after');
});

it('leaves no promise behind when it is closed while it connects again', async () => {
  const unhandled = catchUnhandled();
  const { says, close, problems } = await pair();
  await says('before');
  const again = nextHandshake();
  await redis.command('CLIENT KILL TYPE pubsub');
  await again;
  close();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect([unhandled, problems]).toEqual([[], []]);
});
