import { spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addAuditCommands } from '../../src/cli/audit.ts';
import { runCli } from '../support/cli.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { writeEvidence } from '../support/evidence-directory.ts';

const audit = (...words: readonly string[]) => runCli(addAuditCommands, ['audit', ...words]);

async function bundled(...words: readonly string[]) {
  const dir = temporaryDirectory();
  const { recordings } = await writeEvidence(dir);
  const output = join(dir, 'bundle');
  const run = await audit('bundle', '--dir', dir, '-o', output, ...words);
  return { dir, output, recordings, run };
}

/** The two commands of the bundle's README, as they stand there. */
function checkWithStockTools(directory: string) {
  const lines = readFileSync(join(directory, 'README.txt'), 'utf8').split('\n');
  const commands = lines.filter((line) => /^ {2}(ssh-keygen|sha256sum) /.test(line));
  expect(commands).toHaveLength(2);
  return spawnSync('bash', ['-c', commands.join(' && ')], { cwd: directory, encoding: 'utf8' });
}

describe('audit bundle', () => {
  it('is verified by ssh-keygen and sha256sum, and by us', async () => {
    const { output, recordings, run } = await bundled();
    expect(run.stdout).toContain('the log and 2 recordings');
    const check = checkWithStockTools(output);
    expect(check.stderr).toBe('');
    expect(check.stdout).toContain('Good "sallyport-evidence" signature for sallyport with ED25519 key');
    for (const name of [...recordings, 'audit/000001.ndjson', 'audit/head.json']) {
      expect(check.stdout).toContain(`${name}: OK`);
    }
    expect(check.status).toBe(0);
    expect(await audit('verify', '--dir', output)).toMatchObject({ status: 0 });
  });

  it.each(['audit/000001.ndjson', 'README.txt'])('is refused after a change of %s', async (name) => {
    const { output } = await bundled();
    appendFileSync(join(output, name), ' ');
    expect(checkWithStockTools(output).status).not.toBe(0);
  });

  it('is refused when the sums were made again without the key', async () => {
    const { output } = await bundled();
    const sums = join(output, 'SHA256SUMS');
    writeFileSync(
      sums,
      readFileSync(sums, 'utf8').replace(/^./, (digit) => (digit === '0' ? '1' : '0')),
    );
    const check = checkWithStockTools(output);
    expect(check.status).not.toBe(0);
    expect(check.stdout + check.stderr).toContain('Signature verification failed');
  });

  it('takes the recordings of one session, and says in the log what left', async () => {
    const { dir, run } = await bundled('--session', 'nobody');
    expect(run.stdout).toContain('the log and 0 recordings');
    const all = await audit('bundle', '--dir', dir, '-o', join(dir, 'second'), '--session', 's1');
    expect(all.stdout).toContain('the log and 2 recordings');
    const { stdout } = await audit('list', '--dir', dir, '--event', 'recording.exported', '--json');
    expect(stdout.split('\n')).toHaveLength(3);
  });
});

describe('audit export --format ocsf', () => {
  it('gives every record a class, a type, a time and, where something was decided, a disposition', async () => {
    const dir = temporaryDirectory();
    await writeEvidence(dir);
    const { stdout } = await audit('export', '--format', 'ocsf', '--dir', dir);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events).toHaveLength(13);
    for (const event of events) {
      const { class_uid: classUid, activity_id: activityId } = event as { class_uid: number; activity_id: number };
      expect(event).toMatchObject({ type_uid: classUid * 100 + activityId, time: expect.any(Number) });
    }
    expect(events[0]).toMatchObject({ class_uid: 3002, src_endpoint: { ip: '10.0.0.9', port: 4711 } });
    expect(events[1]).toMatchObject({ class_uid: 1007, disposition_id: 14, process: { cmd_line: 'touch /srv/a' } });
    expect(events[11]).toMatchObject({ class_uid: 1007, disposition_id: 2, severity_id: 3 });
  });
});
