import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addAuditCommands } from '../../src/cli/audit.ts';
import { repairRecordings } from '../../src/recording/repair.ts';
import { runCli } from '../support/cli.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { openLog } from '../support/evidence.ts';
import { writeEvidence } from '../support/evidence-directory.ts';
import { maskBytes } from '../support/masking.ts';
import { header, testRecorder } from '../support/recording.ts';

const audit = (...words: readonly string[]) => runCli(addAuditCommands, ['audit', ...words]);
const records = 13;

async function evidence() {
  const dir = temporaryDirectory();
  const { recordings } = await writeEvidence(dir);
  return { dir, recordings, log: join(dir, 'audit', '000001.ndjson') };
}

describe('audit verify', () => {
  it('passes what nobody touched, by option or argument, state or audit directory', async () => {
    const { dir } = await evidence();
    for (const words of [['--dir', dir], [dir], [join(dir, 'audit')]]) {
      const run = await audit('verify', ...words);
      expect(run.stdout).toBe(
        `the log is intact: ${records} records, ${records} of them signed\n2 recordings were compared with it\n`,
      );
      expect(run.status).toBe(0);
    }
  });

  it('names file and line after one changed byte', async () => {
    const { dir, log } = await evidence();
    writeFileSync(log, readFileSync(log, 'utf8').replace('touch /srv/a', 'touch /srv/c'));
    const run = await audit('verify', '--dir', dir);
    expect(run.status).toBe(1);
    expect(run.stdout).toBe(
      `BROKEN ${log}:2: was changed: the record after it carries another hash\nintact records before it: 1\n`,
    );
    const json: unknown = JSON.parse((await audit('verify', '--dir', dir, '--json')).stdout);
    expect(json).toMatchObject({ result: 'broken', log: { problem: { line: 2, seq: 2 } } });
  });

  it('names a recording that was changed or is gone, and the record that says so', async () => {
    const { dir, recordings } = await evidence();
    const [first = '', second = ''] = recordings.map((name) => join(dir, name));
    writeFileSync(first, readFileSync(first, 'utf8').replace('output of a1', 'output of a9'));
    rmSync(second);
    const run = await audit('verify', '--dir', dir);
    expect(run.status).toBe(1);
    expect(run.stdout).toContain(`BROKEN ${recordings[0]}: is not what was recorded (record 6)`);
    expect(run.stdout).toContain(`BROKEN ${recordings[1]}: is missing or is no recording (record 11)`);
    expect((await audit('verify', '--dir', dir, '--no-recordings')).status).toBe(0);
  });

  it.each([
    { name: 'the time of an event', from: /^\[0\.\d+,"o"/m, to: '[9.999999,"o"' },
    { name: 'the command in its header', from: '"command":"', to: '"command":"x' },
    { name: 'an event added at its end', from: /$/, to: '[99.0,"m","approved by nobody"]\n' },
  ])('names a recording with $name changed, though the output in it is the same', async ({ from, to }) => {
    const { dir, recordings } = await evidence();
    const path = join(dir, recordings[0] ?? '');
    const before = readFileSync(path, 'utf8');
    writeFileSync(path, before.replace(from, to));
    expect(readFileSync(path, 'utf8')).not.toBe(before);
    const run = await audit('verify', '--dir', dir);
    expect(run.stdout).toContain(`BROKEN ${recordings[0]}: is not what was recorded (record 6)`);
  });

  it('compares a recording that a crash ended with what was left then', async () => {
    const { dir } = await evidence();
    const recording = await testRecorder(dir).open({ ...header, channel: 'c9' });
    await recording.output('stdout', maskBytes('before the crash\n'));
    const path = join(dir, recording.name);
    appendFileSync(path, '[9.0,"o","to');
    const log = await openLog(join(dir, 'audit'));
    await repairRecordings(dir, ({ name, ...found }) =>
      log.append({ event: 'recording.repaired', recording: name, ...found }),
    );
    await log.close();
    expect((await audit('verify', '--dir', dir)).stdout).toContain('3 recordings were compared');
    writeFileSync(path, readFileSync(path, 'utf8').replace('before', 'after'));
    expect((await audit('verify', '--dir', dir)).status).toBe(1);
    await recording.close();
  });

  it('checks against a key that was kept elsewhere', async () => {
    const [one, two] = [await evidence(), await evidence()];
    const key = join(two.dir, 'audit', 'checkpoint.pub');
    expect((await audit('verify', '--dir', one.dir, '--key', key)).stdout).toMatch(
      /^BROKEN the log: the checkpoint is not/,
    );
    expect((await audit('verify', '--dir', two.dir, '--key', key)).status).toBe(0);
  });

  it('works while the log is being written', async () => {
    const { dir } = await evidence();
    const log = await openLog(join(dir, 'audit'));
    await log.append({ event: 'process.stopped', reason: 'not yet signed' });
    const run = await audit('verify', '--dir', dir);
    expect(run.stdout).toContain(`${records + 1} records, ${records} of them signed`);
    expect(run.status).toBe(0);
    await log.close();
  });

  it('says where to look when there is no log', async () => {
    expect(await audit('verify', '--dir', temporaryDirectory())).toMatchObject({ code: 'CLI_NO_EVIDENCE' });
  });
});

describe('audit list and tail', () => {
  it('prints one safe line per record', async () => {
    const { dir } = await evidence();
    const { stdout } = await audit('list', '--dir', dir);
    expect(stdout.split('\n')).toHaveLength(records + 1);
    expect(stdout).toContain('command="touch /srv/b\\u001b[2J"');
    expect(stdout).not.toContain('\x1b');
  });

  it.each([
    { words: ['--event', 'command.decided'], count: 3 },
    { words: ['--event', 'hold', '--event', 'session.closed'], count: 5 },
    { words: ['--agent', 'nobody'], count: 0 },
    { words: ['--session', 's1'], count: 11 },
    { words: ['--since', '2031-05-01T00:00:12Z'], count: 2 },
    { words: ['-n', '3'], count: 3 },
  ])('filters by $words', async ({ words, count }) => {
    const { dir } = await evidence();
    const { stdout } = await audit('list', '--dir', dir, '--json', ...words);
    const lines = stdout.split('\n').slice(0, -1);
    expect(lines).toHaveLength(count);
    for (const line of lines) expect(JSON.parse(line)).toHaveProperty('seq');
  });

  it('tail prints the last records', async () => {
    const { dir } = await evidence();
    const { stdout } = await audit('tail', '--dir', dir, '--json', '-n', '2');
    expect(stdout).toMatch(/^\{"seq":12,.*\n\{"seq":13,.*\n$/);
  });

  it('refuses a date it does not understand', async () => {
    const { dir } = await evidence();
    expect(await audit('list', '--dir', dir, '--since', 'soon')).toMatchObject({ code: 'CLI_OPTION_INVALID' });
  });
});
