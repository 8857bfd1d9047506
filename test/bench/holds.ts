/**
 * Many held commands on one node: memory with ten thousand agents waiting, and how long a click takes to release one.
 * Prints nothing; `run` returns the figures. Alone: `npx tsx test/bench/holds.ts [embedded|redis] [count]`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { defaultHoldLimits } from '../../src/approval/opening.ts';
import { AuditLog } from '../../src/audit/log.ts';
import { openEmbeddedStore, openRedisStore } from '../../src/store/open.ts';
import { holdParts } from '../support/hold-parts.ts';
import { action, decisionOf, requestFor } from '../support/holds.ts';
import { startRedis } from '../support/redis.ts';
import type { Figure } from './evidence.ts';

const clicks = 500;
const agents = 50;

export async function run(backend: 'embedded' | 'redis', count = 10_000): Promise<readonly Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const redis = backend === 'redis' ? await startRedis() : undefined;
  const fail = (error: unknown): never => {
    throw error;
  };
  const store =
    redis === undefined ? openEmbeddedStore(directory) : await openRedisStore(`redis+unix://${redis.socket}`, fail);
  const audit = await AuditLog.open({ directory: join(directory, 'audit'), now: () => new Date(), onFatal: fail });
  // No worker: the mails stay queued, as they would while a mail server is down.
  const { keeper, jobs } = holdParts(store, {
    audit,
    onProblem: fail,
    limits: { ...defaultHoldLimits, maxPendingPerAgent: count, maxPerHourPerAgent: count },
    grantMs: 3_600_000,
    messenger: { send: () => Promise.resolve() },
  });
  await keeper.start(jobs);

  const rssBefore = process.memoryUsage().rss;
  const openedMs = performance.now();
  const waiting: { readonly id: string; readonly digest: string; readonly released: Promise<boolean> }[] = [];
  const gone = new AbortController();
  for (let at = 0; at < count; at += agents)
    await Promise.all(
      Array.from({ length: agents }, async (_, agent) => {
        const command = `systemctl restart service-${at + agent}`;
        const { hold } = await keeper.open(
          requestFor(command, { expiresInMs: 3_600_000, action: { ...action, command, agent: `agent-${agent}` } }),
        );
        const released = keeper.wait(hold.id, gone.signal).then(() => keeper.release(hold.id, hold.action));
        released.catch(() => undefined);
        waiting.push({ id: hold.id, digest: hold.digest, released });
      }),
    );
  const openMs = (performance.now() - openedMs) / count;
  const rss = process.memoryUsage().rss;

  const took: number[] = [];
  for (let click = 0; click < Math.min(clicks, count); click++) {
    const one = waiting[Math.floor((click * count) / Math.min(clicks, count))];
    const hold = one && (await keeper.get(one.id));
    if (one === undefined || hold === undefined) throw new Error('a hold is gone');
    const clickedMs = performance.now();
    await keeper.decide(one.id, decisionOf(hold, 'maya'));
    if (!(await one.released)) throw new Error('an approved hold was not released');
    took.push(performance.now() - clickedMs);
  }
  took.sort((a, b) => a - b);
  const quantile = (q: number) => took[Math.min(took.length - 1, Math.floor(took.length * q))] ?? 0;

  keeper.close();
  gone.abort();
  await Promise.allSettled(waiting.map(({ released }) => released));
  await jobs.close();
  store.close();
  await audit.close();
  await redis?.close();
  rmSync(directory, { recursive: true, force: true });
  return [
    { name: `${backend}: open one of ${count} holds`, value: openMs, unit: 'ms' },
    { name: `${backend}: memory with ${count} waiting`, value: rss / 1e6, unit: 'MB' },
    { name: `${backend}: of that, the waiting`, value: (rss - rssBefore) / 1e6, unit: 'MB' },
    { name: `${backend}: click to release, median`, value: quantile(0.5), unit: 'ms' },
    { name: `${backend}: click to release, p99`, value: quantile(0.99), unit: 'ms' },
  ];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const backend = process.argv[2] === 'redis' ? 'redis' : 'embedded';
  const figures = await run(backend, Number(process.argv[3] ?? 10_000));
  for (const { name, value, unit } of figures) process.stdout.write(`${name}: ${value.toFixed(2)} ${unit}\n`);
}
