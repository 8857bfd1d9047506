/**
 * How fast evidence is made: masking, recording, audit records. Prints nothing; `run` returns the figures.
 * Alone: `npx tsx test/bench/evidence.ts`.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuditLog } from '../../src/audit/log.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import { createMasking } from '../../src/mask/masking.ts';
import { maskBytes } from '../support/masking.ts';
import { header, testRecorder } from '../support/recording.ts';

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

/** As ssh2 hands it over. */
const chunkBytes = 32 * 1024;
interface Amounts {
  readonly streamBytes: number;
  /** Audit records, one after the other and all at once. */
  readonly single: number;
  readonly together: number;
}
const thorough: Amounts = { streamBytes: 48 * 1024 * 1024, single: 500, together: 20_000 };
const quick: Amounts = { streamBytes: 4 * 1024 * 1024, single: 50, together: 2_000 };

const samples: Readonly<Record<string, Buffer>> = {
  log: Buffer.from(
    Array.from(
      { length: 20_000 },
      (_, n) =>
        `2031-05-01T20:${n % 60}:12.${n % 1000}Z INFO web-${n % 7} GET /api/v1/items/${n * 7919} 200 ${n % 997}ms ref=${((n * 2_654_435_761) >>> 0).toString(16)}\n`,
    ).join(''),
  ),
  coloured: Buffer.from(
    Array.from(
      { length: 20_000 },
      (_, n) => `\x1b[0m\x1b[01;34mdir-${n}\x1b[0m  \x1b[01;32mfile-${n}.sh\x1b[0m\n`,
    ).join(''),
  ),
  binary: randomBytes(2_000_000),
};

export async function run(isQuick = false): Promise<readonly Figure[]> {
  const amounts = isQuick ? quick : thorough;
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  try {
    return [
      ...maskFigures(amounts),
      ...(await recordFigures(directory, amounts)),
      ...(await auditFigures(directory, amounts)),
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const seconds = (startMs: number): number => (performance.now() - startMs) / 1000;
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

function maskFigures({ streamBytes }: Amounts): readonly Figure[] {
  const masking = createMasking();
  return Object.entries(samples).map(([name, sample]) => {
    const pass = (bytes: number) => {
      const stream = masking.stream();
      for (let done = 0; done < bytes; done += sample.length) {
        for (let at = 0; at < sample.length; at += chunkBytes) stream.push(sample.subarray(at, at + chunkBytes));
      }
    };
    pass(streamBytes / 8);
    const start = performance.now();
    pass(streamBytes);
    return { name: `mask ${name}`, value: streamBytes / 1e6 / seconds(start), unit: 'MB/s' };
  });
}

async function recordFigures(directory: string, { streamBytes }: Amounts): Promise<readonly Figure[]> {
  const recorder = testRecorder(directory);
  const opening: number[] = [];
  for (let n = 0; n < 50; n++) {
    const start = performance.now();
    const recording = await recorder.open({ ...header, channel: `open-${n}` });
    opening.push(performance.now() - start);
    await recording.close();
  }
  const recording = await recorder.open(header);
  const chunk = maskBytes((samples.log ?? Buffer.alloc(0)).subarray(0, chunkBytes));
  const start = performance.now();
  for (let done = 0; done < streamBytes; done += chunk.length) await recording.output('stdout', chunk);
  const rate = streamBytes / 1e6 / seconds(start);
  await recording.close();
  return [
    { name: 'open a recording (p50)', value: median(opening), unit: 'ms' },
    { name: 'record', value: rate, unit: 'MB/s' },
  ];
}

async function auditFigures(stateDirectory: string, amounts: Amounts): Promise<readonly Figure[]> {
  const directory = join(stateDirectory, 'audit');
  const log = await AuditLog.open({ directory, now: () => new Date() });
  const event = {
    event: 'hold.refused',
    hold: 'h-1',
    reviewer: 'alice',
    reason: 'x'.repeat(200),
    remote: '::1',
  } as const;
  const single: number[] = [];
  for (let n = 0; n < amounts.single; n++) {
    const start = performance.now();
    await log.append(event);
    single.push(performance.now() - start);
  }
  const { together } = amounts;
  const start = performance.now();
  await Promise.all(Array.from({ length: together }, () => log.append(event)));
  const rate = together / seconds(start);
  await log.close();
  const verifying = performance.now();
  const verdict = await verifyLog({ directory });
  if (verdict.kind !== 'intact') throw new Error('the log of the bench is broken');
  return [
    { name: 'write + fdatasync alone (p50)', value: rawSyncMs(stateDirectory), unit: 'ms' },
    { name: 'audit append (p50)', value: median(single), unit: 'ms' },
    { name: 'audit appends, one after the other', value: 1000 / median(single), unit: '/s' },
    { name: 'audit appends, together', value: rate, unit: '/s' },
    { name: 'verify', value: verdict.records / seconds(verifying), unit: 'records/s' },
  ];
}

/** What the disk itself takes, for comparison. */
function rawSyncMs(directory: string): number {
  const file = openSync(join(directory, 'raw'), 'a');
  const times: number[] = [];
  for (let n = 0; n < 200; n++) {
    const start = performance.now();
    writeSync(file, 'x'.repeat(400));
    fdatasyncSync(file);
    times.push(performance.now() - start);
  }
  closeSync(file);
  return median(times);
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  for (const { name, value, unit } of await run()) console.log(`${name.padEnd(36)} ${value.toFixed(2)} ${unit}`);
}
