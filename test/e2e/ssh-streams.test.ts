/**
 * Much output through the whole program, masked and recorded, at the pace of a slow reader with a stalled sibling beside
 * it; and much input through both SSH legs.
 */
import { createHash } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { digestOutput } from '../../src/recording/cast-file.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { poll, startProgram } from '../support/program.ts';
import { startTestSession } from '../support/testsession.ts';

const session = await startTestSession();
const inputBytes = 400_000_000;
const maxGrowthBytes = 60 << 20;
/** What the SSH windows, the pipes and our queues hold together, with room; the rest stays with the target. */
const maxAheadBytes = 16 << 20;

/** More than memory may grow by, so that whoever keeps it all is found out. */
const lines = 1_000_000;
const line = (secret: string) =>
  `2031-05-01T20:12:11Z INFO DB_PASSWORD=${secret} GET /api/v1/items/4711 200 12ms "ok"\n`;
const residentBytes = (pid: number | undefined): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) * 1024;

/** The target goes on while the reader stands still: how far, until everything in between is full. */
async function sizeAtRest(path: string): Promise<number> {
  for (let last = -1; ; ) {
    const { size } = statSync(path);
    if (size === last) return size;
    last = size;
    await delay(500);
  }
}

it('much output to a slow reader arrives masked and recorded, and memory stays flat', async () => {
  const program = await startProgram();
  const { pid } = program.child;
  const file = join(temporaryDirectory(), 'app.log');
  writeFileSync(file, (line('hunter2') + line('').repeat(199)).repeat(lines / 200));
  const want = (line('[MASKED:secret-value]') + line('').repeat(199)).repeat(lines / 200);

  const recording = () => {
    const started = program.auditRecords().find(({ sent }) => /^'?cat/.test(String(sent)));
    return join(program.directory, String(started?.recording));
  };
  const stalled = program.spawnSsh(`head -c 999999999 ${file}`);
  const child = program.spawnSsh(`cat ${file}`, { options: ['RekeyLimit=50M'] });
  if (child.stdout === null) throw new Error('ssh has no output');
  const hash = createHash('sha256');
  let bytes = 0;
  let before = 0;
  let peak = 0;
  let ahead = 0;
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    hash.update(chunk);
    const step = Math.floor(bytes / 10_000_000);
    bytes += chunk.length;
    if (step === Math.floor(bytes / 10_000_000)) continue;
    await delay(50);
    if (step === 2) {
      before = residentBytes(pid);
      ahead = (await sizeAtRest(recording())) - bytes;
    }
    peak = Math.max(peak, residentBytes(pid));
  }
  stalled.kill('SIGKILL');
  const sha256 = createHash('sha256').update(want).digest('hex');
  expect({ bytes, sha256: hash.digest('hex') }).toEqual({ bytes: want.length, sha256 });
  expect(ahead).toBeLessThan(maxAheadBytes);
  expect(peak - before).toBeLessThan(maxGrowthBytes);

  const ended = await poll(() =>
    program.auditRecords().find(({ event, outBytes }) => event === 'command.ended' && outBytes === bytes),
  );
  expect(ended).toMatchObject({ outputSha256: sha256, masked: { 'secret-value': lines / 200 } });
  expect(await digestOutput(recording())).toBe(sha256);
}, 180_000);

it('400 MB to a command that reads slowly arrive whole and memory stays flat', async () => {
  const child = session.spawnSsh('while head -c 20000000 | wc -c | grep -v "^0$"; do sleep 0.02; done', {
    args: ['-o', 'RekeyLimit=100M'],
  });
  let peak = 0;
  let before: number | undefined;
  const chunk = Buffer.alloc(1_000_000);
  const feed = (async () => {
    for (let sent = 0; sent < inputBytes / chunk.length; sent += 1) {
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
  expect(total).toBe(inputBytes);
  expect(peak - (before ?? 0)).toBeLessThan(maxGrowthBytes);
}, 180_000);
