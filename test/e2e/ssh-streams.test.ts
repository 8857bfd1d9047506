/** One gigabyte through both SSH legs, at the pace of a slow reader, a stalled sibling beside it. */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { startTestSession } from '../support/testsession.ts';

const session = await startTestSession();
const gigabyte = 1_000_000_000;
const maxGrowthBytes = 60 << 20;

it('1 GB to a slow reader arrives whole and memory stays flat', async () => {
  const stalled = session.spawnSsh('cat /dev/zero');
  const child = session.spawnSsh(`head -c ${gigabyte} /dev/zero`, { args: ['-o', 'RekeyLimit=100M'] });
  const hash = createHash('sha256');
  let bytes = 0;
  let before: number | undefined;
  let peak = 0;
  for await (const chunk of child.stdout) {
    hash.update(chunk);
    bytes += chunk.length;
    // The reader is slower than the target: it stops for a moment after every few megabytes.
    if (bytes % (4 << 20) < chunk.length) {
      await new Promise((resolve) => setTimeout(resolve, 40));
      const { rss } = process.memoryUsage();
      if (bytes > 50_000_000) before ??= rss;
      peak = Math.max(peak, rss);
    }
  }
  stalled.kill('SIGKILL');
  expect(bytes).toBe(gigabyte);
  expect(hash.digest('hex')).toBe(createHash('sha256').update(Buffer.alloc(gigabyte)).digest('hex'));
  expect(peak - (before ?? 0)).toBeLessThan(maxGrowthBytes);
}, 180_000);

it('1 GB to a command that reads slowly arrives whole and memory stays flat', async () => {
  const child = session.spawnSsh('while head -c 20000000 | wc -c | grep -v "^0$"; do sleep 0.02; done', {
    args: ['-o', 'RekeyLimit=100M'],
  });
  let peak = 0;
  let before: number | undefined;
  const chunk = Buffer.alloc(1_000_000);
  const feed = (async () => {
    for (let sent = 0; sent < 1_000; sent += 1) {
      if (!child.stdin.write(chunk)) await new Promise((resolve) => child.stdin.once('drain', resolve));
      const { rss } = process.memoryUsage();
      if (sent > 50) before ??= rss;
      peak = Math.max(peak, rss);
    }
    child.stdin.end();
  })();
  let total = 0;
  let text = '';
  for await (const out of child.stdout) text += out;
  for (const line of text.trim().split('\n')) total += Number(line);
  await feed;
  expect(total).toBe(gigabyte);
  expect(peak - (before ?? 0)).toBeLessThan(maxGrowthBytes);
}, 180_000);
