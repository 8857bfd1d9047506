import { Queue, Worker } from 'bullmq';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sqliteBackend } from '../../src/store/queue/backend.ts';
import { openDatabase } from '../../src/store/sqlite/database.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { eventually } from '../support/eventually.ts';
import { queueContract } from './queue-contract.ts';

function temporaryBackend() {
  const database = openDatabase(temporaryDirectory());
  // Registered first, so that it runs after the queues of the test are closed.
  onTestFinished(() => database.close());
  return sqliteBackend(database);
}

describe('BullMQ on SQLite', () => queueContract(async () => ({ factory: temporaryBackend(), connection: {} })));

describe('what the embedded queue does not have', () => {
  it('says so instead of ignoring it', async () => {
    const factory = temporaryBackend();
    const refused = expect.objectContaining({ code: 'STORE_UNSUPPORTED' });
    const limiter = { max: 1, duration: 1_000 };
    expect(() => new Worker('q', async () => undefined, { connection: {}, limiter }, factory)).toThrow(refused);
    const queue = new Queue('q', { connection: {} }, factory);
    await expect(queue.add('child', {}, { parent: { id: '1', queue: 'q' } })).rejects.toEqual(refused);
    await expect(queue.rateLimit(1_000)).rejects.toEqual(refused);
    await queue.close();
  });
});

describe('after a restart', () => {
  it('the jobs are there, and their order', async () => {
    const directory = temporaryDirectory();
    const first = openDatabase(directory);
    const queue = new Queue('q', { connection: {} }, sqliteBackend(first));
    for (const name of ['a', 'b', 'c']) await queue.add(name, {});
    await queue.close();
    first.close();
    const second = openDatabase(directory);
    const again = new Queue('q', { connection: {} }, sqliteBackend(second));
    await again.add('d', {});
    const seen: string[] = [];
    const worker = new Worker('q', async ({ name }) => seen.push(name), { connection: {} }, sqliteBackend(second));
    await eventually(() => seen).toEqual(['a', 'b', 'c', 'd']);
    await worker.close();
    await again.close();
    second.close();
  });
});
