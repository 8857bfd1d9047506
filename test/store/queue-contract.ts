/**
 * What Sallyport's jobs need of BullMQ, checked through BullMQ's own classes; run over the SQLite backend and over a
 * real Redis, which is the reference.
 */
import {
  type BackendFactory,
  type ConnectionOptions,
  type IQueueBackend,
  type Job,
  Queue,
  QueueEvents,
  UnrecoverableError,
  Worker,
  type WorkerOptions,
} from 'bullmq';
import { expect, it, onTestFinished } from 'vitest';
import { eventually } from '../support/eventually.ts';

export interface QueueBackendUnderTest {
  readonly factory: BackendFactory<IQueueBackend>;
  readonly connection: ConnectionOptions;
  /** As a cluster needs it. */
  readonly prefix?: string;
}

let count = 0;

export function queueContract(open: () => Promise<QueueBackendUnderTest>): void {
  async function desk() {
    const { factory, connection, prefix = 'bull' } = await open();
    count += 1;
    const name = `queue-${count}`;
    const queue = new Queue(name, { connection, prefix }, factory);
    const closers: (() => Promise<void>)[] = [() => queue.close()];
    onTestFinished(async () => {
      for (const close of closers.toReversed()) await close();
    });
    const work = (handle: (job: Job, token?: string) => Promise<unknown>, opts: Partial<WorkerOptions> = {}) => {
      const worker = new Worker(name, handle, { connection, prefix, drainDelay: 1, ...opts }, factory);
      worker.on('error', () => undefined);
      closers.push(() => worker.close(true));
      return worker;
    };
    const watch = async () => {
      const events = new QueueEvents(name, { connection, prefix }, factory);
      closers.push(() => events.close());
      await events.waitUntilReady();
      return events;
    };
    return { name, queue, work, watch };
  }
  const gather = (want: number) => {
    const seen: string[] = [];
    let done = (): void => undefined;
    const all = new Promise<void>((resolve) => {
      done = resolve;
    });
    return { seen, all, add: (text: string) => void (seen.push(text) >= want && done()) };
  };
  const settled = async (queue: Pick<Queue, 'getJobCounts'>, want: Record<string, number>) => {
    await eventually(() => queue.getJobCounts(...(Object.keys(want) as 'wait'[]))).toEqual(want);
  };

  it('runs jobs first in, first out, and keeps their results', async () => {
    const { queue, work } = await desk();
    const got = gather(5);
    await queue.add('one', { n: 1 });
    await queue.addBulk([2, 3, 4, 5].map((n) => ({ name: `job ${n}`, data: { n } })));
    work(async (job) => {
      got.add(`${job.name} ${job.data.n}`);
      return { doubled: job.data.n * 2 };
    });
    await got.all;
    expect(got.seen).toEqual(['one 1', 'job 2 2', 'job 3 3', 'job 4 4', 'job 5 5']);
    await settled(queue, { completed: 5, wait: 0, active: 0 });
    const [last] = await queue.getJobs(['completed']);
    expect(last?.returnvalue).toEqual({ doubled: 10 });
    expect(last?.attemptsMade).toBe(1);
  });

  it('wakes a worker that is waiting', async () => {
    const { queue, work } = await desk();
    const got = gather(1);
    const worker = work(async (job) => got.add(job.name), { drainDelay: 30 });
    await worker.waitUntilReady();
    await queue.add('now', {});
    await got.all;
  });

  it('prefers small priorities', async () => {
    const { queue, work } = await desk();
    for (const priority of [3, 1, 2]) await queue.add(`p${priority}`, {}, { priority });
    await queue.add('none', {});
    expect(await queue.getCountsPerPriority([0, 1, 2, 3, 4])).toEqual({ 0: 1, 1: 1, 2: 1, 3: 1, 4: 0 });
    const got = gather(4);
    work(async (job) => got.add(job.name));
    await got.all;
    expect(got.seen).toEqual(['none', 'p1', 'p2', 'p3']);
  });

  it('holds a delayed job back and no longer', async () => {
    const { queue, work } = await desk();
    const got = gather(2);
    const addedMs = Date.now();
    // A worker connects meanwhile, to a cluster with TLS as well: of jobs that are both due, either may come first.
    await queue.add('later', {}, { delay: 1_500 });
    await queue.add('soon', {}, { delay: 1_000 });
    expect(await queue.getJobCounts('delayed', 'wait')).toEqual({ delayed: 2, wait: 0 });
    work(async (job) => got.add(`${job.name} ${Date.now() - addedMs >= (job.name === 'later' ? 1_499 : 999)}`));
    await got.all;
    expect(got.seen).toEqual(['soon true', 'later true']);
    expect(Date.now() - addedMs).toBeLessThan(3_000);
  });

  it('promotes and removes delayed jobs', async () => {
    const { queue, work } = await desk();
    const job = await queue.add('promoted', {}, { delay: 100_000 });
    const gone = await queue.add('removed', {}, { delay: 100_000 });
    await gone.remove();
    expect(await gone.getState()).toBe('unknown');
    await job.promote();
    const got = gather(1);
    work(async ({ name }) => got.add(name));
    await got.all;
    expect(got.seen).toEqual(['promoted']);
  });

  it('has one job per id, also after it is done', async () => {
    const { queue, work } = await desk();
    const got = gather(1);
    await queue.add('mail', { n: 1 }, { jobId: 'mail-h-1-maya' });
    await queue.add('mail', { n: 2 }, { jobId: 'mail-h-1-maya' });
    expect(await queue.getJobCounts('wait')).toEqual({ wait: 1 });
    work(async (job) => got.add(String(job.data.n)));
    await got.all;
    await settled(queue, { completed: 1 });
    await queue.add('mail', { n: 3 }, { jobId: 'mail-h-1-maya' });
    expect(await queue.getJobCounts('wait', 'completed')).toEqual({ wait: 0, completed: 1 });
    expect(got.seen).toEqual(['1']);
  });

  it('deduplicates while the first job lives', async () => {
    const { queue, work } = await desk();
    const first = await queue.add('a', {}, { deduplication: { id: 'd' } });
    const second = await queue.add('a', {}, { deduplication: { id: 'd' } });
    expect(second.id).toBe(first.id);
    work(async () => undefined);
    await settled(queue, { completed: 1 });
    const third = await queue.add('a', {}, { deduplication: { id: 'd' } });
    expect(third.id).not.toBe(first.id);
  });

  it('retries with backoff, and counts attempts', async () => {
    const { queue, work } = await desk();
    const got = gather(3);
    await queue.add('flaky', {}, { attempts: 3, backoff: { type: 'exponential', delay: 20 } });
    work(async (job) => {
      got.add(`${job.attemptsMade}/${job.attemptsStarted}`);
      if (job.attemptsMade < 2) throw new Error('421 try later');
      return 'sent';
    });
    await got.all;
    expect(got.seen).toEqual(['0/1', '1/2', '2/3']);
    await settled(queue, { completed: 1, failed: 0 });
  });

  it('fails when the attempts are used up, and at once when retrying is useless', async () => {
    const { queue, work } = await desk();
    await queue.add('temporary', {}, { attempts: 2 });
    await queue.add('permanent', {}, { attempts: 5 });
    work(async (job) => {
      if (job.name === 'permanent') throw new UnrecoverableError('550 no such mailbox');
      throw new Error('451 busy');
    });
    await settled(queue, { failed: 2 });
    const failed = await queue.getJobs(['failed']);
    expect(failed.map((job) => `${job.name} ${job.attemptsMade} ${job.failedReason}`).sort()).toEqual([
      'permanent 1 550 no such mailbox',
      'temporary 2 451 busy',
    ]);
    expect(failed[0]?.stacktrace?.length).toBeGreaterThan(0);
  });

  it('runs a failed job again when asked', async () => {
    const { queue, work } = await desk();
    const got = gather(2);
    const job = await queue.add('again', {});
    work(async () => {
      got.add('run');
      if (got.seen.length === 1) throw new Error('first');
    });
    await settled(queue, { failed: 1 });
    await (await queue.getJob(job.id ?? ''))?.retry();
    await got.all;
    await settled(queue, { completed: 1, failed: 0 });
  });

  it('gives a job whose worker died to another one', async () => {
    const { queue, work } = await desk();
    const got = gather(1);
    await queue.add('stuck', {});
    const dead = work(() => new Promise(() => undefined), {
      skipLockRenewal: true,
      lockDuration: 100,
      skipStalledCheck: true,
    });
    await eventually(() => queue.getActiveCount()).toBe(1);
    await dead.close(true);
    work(async (job) => got.add(`${job.name} ${job.attemptsStarted} ${job.stalledCounter}`), {
      stalledInterval: 100,
      maxStalledCount: 3,
    });
    await got.all;
    expect(got.seen).toEqual(['stuck 2 1']);
    await settled(queue, { completed: 1 });
  });

  it('fails a job that kills its workers too often', async () => {
    const { queue, work } = await desk();
    await queue.add('deadly', {});
    const dead = work(() => new Promise(() => undefined), {
      skipLockRenewal: true,
      lockDuration: 50,
      skipStalledCheck: true,
    });
    await eventually(() => queue.getActiveCount()).toBe(1);
    await dead.close(true);
    const next = work(async () => 'must not run', { stalledInterval: 50, maxStalledCount: 0 });
    const reason = new Promise((resolve) => next.on('failed', (_job, error) => resolve(error.message)));
    expect(await reason).toContain('stalled more than allowable limit');
    await settled(queue, { failed: 1, completed: 0 });
  });

  it('refuses the end of a job from a worker that lost its lock', async () => {
    const { queue, work } = await desk();
    await queue.add('lost', {});
    const worker = work(async () => undefined, { autorun: false });
    const job = await worker.getNextJob('token-1');
    if (job === undefined) throw new Error('no job');
    await expect(job.moveToCompleted('x', 'token-2', false)).rejects.toMatchObject({ code: -6 });
    await job.moveToCompleted('x', 'token-1', false);
    expect(await job.getState()).toBe('completed');
  });

  it('never gives one job to two workers', async () => {
    const { queue, work } = await desk();
    const got = gather(200);
    for (let worker = 0; worker < 4; worker++) work(async (job) => got.add(job.name), { concurrency: 5 });
    await queue.addBulk(Array.from({ length: 200 }, (_, n) => ({ name: `${n}`, data: {} })));
    await got.all;
    expect(new Set(got.seen).size).toBe(200);
    await settled(queue, { completed: 200 });
  });

  it('forgets finished jobs as told', async () => {
    const { queue, work } = await desk();
    await queue.addBulk(
      Array.from({ length: 10 }, (_, n) => ({ name: `${n}`, data: {}, opts: { removeOnComplete: { count: 3 } } })),
    );
    const all = gather(11);
    work(async (job) => all.add(job.name));
    await settled(queue, { completed: 3, wait: 0 });
    await queue.add('gone', {}, { removeOnComplete: true });
    await all.all;
    await settled(queue, { completed: 3, wait: 0, active: 0 });
  });

  it('stops while it is paused', async () => {
    const { queue, work } = await desk();
    await queue.pause();
    await queue.add('later', {});
    expect(await queue.isPaused()).toBe(true);
    const got = gather(1);
    const worker = work(async (job) => got.add(job.name));
    await worker.waitUntilReady();
    await queue.add('later still', {});
    expect(await queue.getJobCounts('wait', 'active')).toEqual({ wait: 2, active: 0 });
    expect(got.seen).toEqual([]);
    await queue.resume();
    await got.all;
  });

  it('repeats by a scheduler, one job ahead', async () => {
    const { queue, work } = await desk();
    await queue.upsertJobScheduler('tidy', { every: 60 }, { name: 'tidy', data: { why: 'old links' } });
    expect(await queue.getJobSchedulersCount()).toBe(1);
    const got = gather(3);
    work(async (job) => got.add(`${job.name} ${job.data.why}`));
    await got.all;
    expect(got.seen.slice(0, 3)).toEqual(Array(3).fill('tidy old links'));
    const [scheduler] = await queue.getJobSchedulers();
    expect(scheduler).toMatchObject({ key: 'tidy', name: 'tidy', every: 60 });
    expect(await queue.removeJobScheduler('tidy')).toBe(true);
    expect(await queue.getJobSchedulersCount()).toBe(0);
  });

  it('replaces a scheduler instead of adding a second', async () => {
    const { queue } = await desk();
    for (const every of [50_000, 60_000, 70_000]) await queue.upsertJobScheduler('tidy', { every }, { name: 'tidy' });
    expect(await queue.getJobSchedulersCount()).toBe(1);
    const counts = await queue.getJobCounts('delayed', 'wait');
    expect((counts.delayed ?? 0) + (counts.wait ?? 0)).toBe(1);
  });

  it('tells what happens', async () => {
    const { queue, work, watch } = await desk();
    const events = await watch();
    const got = gather(4);
    for (const event of ['added', 'active', 'completed', 'failed'] as const)
      events.on(event, ({ jobId }: { jobId: string }) => got.add(`${event} ${jobId}`));
    // Events of the first moments can be missed on Redis too: publish until one was heard.
    await eventually(async () => {
      await queue.add('probe', {}, { jobId: `probe-${Date.now()}` });
      return got.seen.length;
    }).toBeGreaterThan(0);
    work(async (job) => {
      if (job.name === 'bad') throw new Error('no');
    });
    await queue.add('good', {}, { jobId: 'good-1' });
    await queue.add('bad', {}, { jobId: 'bad-1' });
    await eventually(() => got.seen).toEqual(expect.arrayContaining(['completed good-1', 'failed bad-1']));
  });

  it('keeps data, progress and logs', async () => {
    const { queue } = await desk();
    const job = await queue.add('kept', { a: 1 });
    await job.updateData({ a: 2 });
    await job.updateProgress({ percent: 50 });
    for (const text of ['one', 'two', 'three']) await job.log(text);
    const again = await queue.getJob(job.id ?? '');
    expect(again?.data).toEqual({ a: 2 });
    expect(again?.progress).toEqual({ percent: 50 });
    expect(await queue.getJobLogs(job.id ?? '')).toEqual({ logs: ['one', 'two', 'three'], count: 3 });
    expect((await queue.getJobLogs(job.id ?? '', 0, 0, false)).logs).toEqual(['three']);
  });

  it('lists, drains and cleans', async () => {
    const { queue } = await desk();
    for (const name of ['a', 'b', 'c']) await queue.add(name, {});
    await queue.add('d', {}, { delay: 60_000 });
    expect((await queue.getJobs(['wait'], 0, -1, true)).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect((await queue.getJobs(['wait'], 0, 1, true)).map(({ name }) => name)).toEqual(['a', 'b']);
    expect((await queue.getJobs(['delayed'])).map(({ name }) => name)).toEqual(['d']);
    await queue.drain();
    expect(await queue.getJobCounts('wait', 'delayed')).toEqual({ wait: 0, delayed: 1 });
    await queue.drain(true);
    expect(await queue.getJobCounts('wait', 'delayed')).toEqual({ wait: 0, delayed: 0 });
  });
}
