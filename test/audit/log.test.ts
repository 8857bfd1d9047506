import { fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import type { AuditRecord } from '../../src/audit/event.ts';
import { isLogLocked } from '../../src/audit/lock.ts';
import { AuditLog } from '../../src/audit/log.ts';
import { readRecords } from '../../src/audit/reader.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { openLog, stopped } from '../support/evidence.ts';

const writer = new URL('../support/audit-writer.ts', import.meta.url).pathname;
const runTs = ['--import', 'tsx'];

async function all(directory: string): Promise<AuditRecord[]> {
  const records: AuditRecord[] = [];
  for await (const record of readRecords(directory)) records.push(record);
  return records;
}
const segment = (directory: string, number = 1) => join(directory, `${String(number).padStart(6, '0')}.ndjson`);

describe('the audit log', () => {
  it('chains records in the order they were appended, and goes on where it stopped', async () => {
    const directory = temporaryDirectory();
    const first = await openLog(directory);
    await Promise.all([first.append(stopped('a')), first.append(stopped('b'))]);
    await first.append(stopped('c'));
    await first.close();
    const second = await openLog(directory);
    await second.append(stopped('d'));
    await second.close();
    const records = await all(directory);
    expect(records.map((r) => [r.seq, r.event === 'process.stopped' && r.reason])).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
      [4, 'd'],
    ]);
    expect(await verifyLog({ directory })).toMatchObject({ kind: 'intact', records: 4, signed: 4, unfinishedBytes: 0 });
    expect(statSync(segment(directory)).mode & 0o777).toBe(0o600);
  });

  it('has the record in the file when append resolves', async () => {
    const directory = temporaryDirectory();
    const log = await openLog(directory);
    await log.append(stopped('durable'));
    expect(readFileSync(segment(directory), 'utf8')).toContain('"reason":"durable"');
    await log.close();
  });

  it('prints safely: what a terminal obeys or nobody sees is escaped, and reads back unchanged', async () => {
    const directory = temporaryDirectory();
    const log = await openLog(directory);
    const hostile = '\u001b]0;x\u0007 \u009b31m \u007f \u202e \u200b \u2066 \u{e0041} \ufeff \u0000 ünïcode 😀 \ud800';
    await log.append(stopped(hostile));
    await log.close();
    const text = readFileSync(segment(directory), 'utf8');
    expect(text.trimEnd()).toMatch(/^[^\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]*$/u);
    expect(text).toContain('ünïcode 😀');
    expect((await all(directory))[0]).toMatchObject({ reason: hostile });
  });

  it('lets one writer in', async () => {
    const directory = temporaryDirectory();
    const log = await openLog(directory);
    await expect(openLog(directory)).rejects.toMatchObject({ code: 'AUDIT_LOCKED' });
    await log.close();
    await (await openLog(directory)).close();
  });

  it('sees a writer in another container by its socket file, and takes over one that nobody answers', async () => {
    const directory = temporaryDirectory();
    // A network namespace of its own hides the abstract socket; the file stays visible. Here somebody answers on it.
    const other = createServer().listen(join(directory, 'writer.sock'));
    await once(other, 'listening');
    await expect(openLog(directory)).rejects.toMatchObject({ code: 'AUDIT_LOCKED' });
    other.close();
    await once(other, 'close');
    writeFileSync(join(directory, 'writer.sock'), '');
    const log = await openLog(directory);
    expect(await isLogLocked(directory)).toBe(true);
    await log.close();
    expect(await isLogLocked(directory)).toBe(false);
  });

  it('stops when somebody else writes into the file', async () => {
    const directory = temporaryDirectory();
    const failures: string[] = [];
    const log = await openLog(directory, { onFatal: (error) => failures.push(error.code) });
    await log.append(stopped('mine'));
    appendFileSync(segment(directory), 'x\n');
    await expect(log.append(stopped('next'))).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' });
    await expect(log.append(stopped('never'))).rejects.toMatchObject({ code: 'AUDIT_WRITE_FAILED' });
    expect(failures).toEqual(['AUDIT_WRITE_FAILED']);
    await log.close();
  });

  it('goes on in a new file when one is full, with one chain', async () => {
    const directory = temporaryDirectory();
    const log = await openLog(directory, { maxSegmentBytes: 500 });
    for (let n = 0; n < 20; n++) await log.append(stopped(`record ${n}`));
    await log.close();
    expect(readdirSync(directory).filter((name) => name.endsWith('.ndjson')).length).toBeGreaterThan(3);
    const again = await openLog(directory, { maxSegmentBytes: 500 });
    await again.append(stopped('later'));
    await again.close();
    expect(await verifyLog({ directory })).toMatchObject({ kind: 'intact', records: 21 });
  });

  it('refuses a record that is too large and lives on', async () => {
    const directory = temporaryDirectory();
    const log = await openLog(directory);
    await expect(log.append(stopped('x'.repeat(9_000_000)))).rejects.toMatchObject({ code: 'AUDIT_RECORD_TOO_LARGE' });
    await log.append(stopped('small'));
    await log.close();
    expect(await verifyLog({ directory })).toMatchObject({ kind: 'intact', records: 1 });
  });
});

describe('opening a log', () => {
  async function threeRecords(): Promise<string> {
    const directory = temporaryDirectory();
    const log = await openLog(directory);
    for (const reason of ['one', 'two', 'three']) await log.append(stopped(reason));
    await log.close();
    return directory;
  }

  it.each([
    { name: 'an unfinished line', tail: '{"seq":4,"at":"20' },
    { name: 'blocks of zeros', tail: `${'\0'.repeat(5000)}\n` },
  ])('moves $name aside and says so', async ({ tail }) => {
    const directory = await threeRecords();
    const before = readFileSync(segment(directory), 'utf8');
    appendFileSync(segment(directory), tail);
    const log = await openLog(directory);
    await log.close();
    const records = await all(directory);
    expect(records).toHaveLength(4);
    expect(records[3]).toMatchObject({ event: 'log.recovered', bytes: tail.length });
    expect(readFileSync(segment(directory), 'utf8').startsWith(before)).toBe(true);
    const torn = readdirSync(directory).filter((name) => name.endsWith('.torn'));
    expect(torn.map((name) => readFileSync(join(directory, name), 'utf8'))).toEqual([tail]);
    expect(await verifyLog({ directory })).toMatchObject({ kind: 'intact', records: 4 });
  });

  it('refuses a log shorter than its signed checkpoint, cut in a line or between lines', async () => {
    const directory = await threeRecords();
    const bytes = readFileSync(segment(directory));
    for (const keep of [bytes.length - 1, bytes.lastIndexOf('\n', -2) + 1, 0]) {
      truncateSync(segment(directory), keep);
      await expect(openLog(directory)).rejects.toMatchObject({ code: 'AUDIT_TRUNCATED' });
      writeFileSync(segment(directory), bytes);
    }
    await (await openLog(directory)).close();
  });

  it('refuses a checkpoint that another key signed, or none at all', async () => {
    const [directory, other] = [await threeRecords(), await threeRecords()];
    const head = readFileSync(join(other, 'head.json'));
    writeFileSync(join(directory, 'head.json'), head);
    await expect(openLog(directory)).rejects.toMatchObject({ code: 'AUDIT_CHECKPOINT_INVALID' });
    spawnSync('rm', [join(directory, 'head.json')]);
    await expect(openLog(directory)).rejects.toMatchObject({ code: 'AUDIT_CHECKPOINT_INVALID' });
  });

  it('refuses a record after the checkpoint that does not continue the chain', async () => {
    const directory = await threeRecords();
    const forged = `{"seq":4,"at":"2031-05-01T00:00:00.000Z","prev":"${'0'.repeat(64)}","event":"process.stopped"}\n`;
    appendFileSync(segment(directory), forged);
    await expect(openLog(directory)).rejects.toMatchObject({ code: 'AUDIT_CHAIN_BROKEN' });
  });
});

describe('a crash', () => {
  it('loses no acknowledged record, wherever the writer is killed', async () => {
    const directory = temporaryDirectory();
    let acknowledged = -1;
    for (let round = 0; round < 8; round++) {
      const child = fork(writer, [directory, String(acknowledged + 1)], { execArgv: runTs, silent: true });
      const output = child.stdout;
      if (output === null) throw new Error('no stdout');
      const enough = acknowledged + 40 + round * 17;
      for await (const line of createInterface({ input: output })) {
        acknowledged = Number(line);
        if (acknowledged >= enough && child.exitCode === null) child.kill('SIGKILL');
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      expect(child.signalCode).toBe('SIGKILL');
      const log = await openLog(directory);
      await log.close();
      const reasons = (await all(directory)).flatMap((r) => (r.event === 'process.stopped' ? [Number(r.reason)] : []));
      for (let n = 0; n <= acknowledged; n++) expect(reasons).toContain(n);
      acknowledged = Math.max(...reasons);
      expect(await verifyLog({ directory })).toMatchObject({ kind: 'intact' });
    }
  }, 60_000);

  it('a full disk rejects the record and every later one, and the log opens again afterwards', async () => {
    const directory = temporaryDirectory();
    // 64 blocks of 1 KiB: the write in the middle of a line fails with EFBIG.
    const command = `ulimit -f 64; trap '' XFSZ; exec "${process.execPath}" ${runTs.join(' ')} "${writer}" "${directory}" 0`;
    const child = spawn('bash', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'] });
    let acknowledged = -1;
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    for await (const line of createInterface({ input: child.stdout })) acknowledged = Number(line);
    if (child.exitCode === null) await once(child, 'exit');
    expect(child.exitCode).toBe(3);
    expect(errors).toContain('AUDIT_WRITE_FAILED later=AUDIT_WRITE_FAILED fatal=1');
    const log = await AuditLog.open({ directory, now: () => new Date(), onFatal: () => undefined });
    await log.close();
    const reasons = (await all(directory)).flatMap((r) => (r.event === 'process.stopped' ? [Number(r.reason)] : []));
    for (let n = 0; n <= acknowledged; n++) expect(reasons).toContain(n);
    expect(acknowledged).toBeGreaterThan(50);
    expect(await verifyLog({ directory })).toMatchObject({ kind: 'intact' });
  }, 30_000);
});
