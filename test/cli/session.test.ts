import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AuditRecord } from '../../src/audit/event.ts';
import { readRecords } from '../../src/audit/reader.ts';
import { addSessionCommands } from '../../src/cli/session.ts';
import { runCli } from '../support/cli.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { openLog } from '../support/evidence.ts';
import { writeEvidence } from '../support/evidence-directory.ts';

const session = (...words: readonly string[]) => runCli(addSessionCommands, ['session', ...words]);

async function evidence() {
  const dir = temporaryDirectory();
  return { dir, ...(await writeEvidence(dir)) };
}

async function views(dir: string): Promise<AuditRecord[]> {
  const found: AuditRecord[] = [];
  for await (const record of readRecords(join(dir, 'audit'))) {
    if (record.event.startsWith('recording.')) found.push(record);
  }
  return found;
}

describe('session list', () => {
  it('shows who, from where, when, on what and how often', async () => {
    const { dir } = await evidence();
    const { stdout } = await session('list', '--dir', dir);
    const [head, row] = stdout.split('\n');
    expect(head?.split(/ {2,}/)).toEqual('SESSION AGENT FROM OPENED LASTED TARGETS COMMANDS HELD DENIED'.split(' '));
    expect(row?.split(/ {2,}/).slice(0, 3)).toEqual(['s1', 'builder', '10.0.0.9:4711']);
    expect(row?.split(/ {2,}/).slice(-4)).toEqual(['deploy@web-1', '3', '2', '1']);
    expect(JSON.parse((await session('list', '--dir', dir, '--json')).stdout)).toMatchObject({ id: 's1', denied: 1 });
    expect((await session('list', '--dir', dir, '--agent', 'nobody')).stdout).toBe('no sessions\n');
  });
});

describe('session show', () => {
  it('shows each command, the decision, who approved, how it ended and how to play it', async () => {
    const { dir } = await evidence();
    const { stdout } = await session('show', 's1', '--dir', dir);
    expect(stdout).toContain('deploy@web-1  approve by alice: exit 0 in 1.2 s, 20 bytes, 3 masked\n  $ touch /srv/a\n');
    expect(stdout).toContain('  change-production: writes\n  sallyport session play s1/c0\n');
    expect(stdout).toContain('deny: denied\n  $ cat /etc/shadow\n  never: reads the shadow file\n');
    expect(stdout).not.toContain('\x1b');
    expect(await session('show', 'nope', '--dir', dir)).toMatchObject({ code: 'CLI_NOT_FOUND' });
  });
});

describe('session play', () => {
  it('shows the output without what could talk to the terminal, and writes the view down first', async () => {
    const { dir, recordings } = await evidence();
    const { stdout, stderr } = await session('play', 's1/c0', '--dir', dir, '--speed', '100');
    expect(stderr).toBe('');
    expect(stdout).toContain('builder on deploy@web-1  $ touch /srv/a\n');
    expect(stdout).toContain('output of a1\r\n\x1b[31mwarning\x1b[0m\r\n');
    expect(stdout).not.toContain('title');
    expect(await views(dir)).toMatchObject([{ event: 'recording.viewed', recording: recordings[0] }]);
  });

  it('plays all of a session, or one action', async () => {
    const { dir } = await evidence();
    const all = await session('play', 's1', '--dir', dir, '--speed', '100');
    expect(all.stdout).toMatch(/output of a1[\s\S]*output of a2/);
    const one = await session('play', 'a2', '--dir', dir, '--speed', '100');
    expect(one.stdout).toContain('output of a2');
    expect(one.stdout).not.toContain('output of a1');
    expect(await session('play', 's1/c2', '--dir', dir)).toMatchObject({ code: 'CLI_NOT_FOUND' });
  });

  it('reports the view through the spool while the server holds the log', async () => {
    const { dir } = await evidence();
    const log = await openLog(join(dir, 'audit'));
    const { stderr } = await session('play', 's1/c0', '--dir', dir, '--speed', '100');
    expect(stderr).toBe('');
    await log.takeSpool();
    expect(await views(dir)).toMatchObject([{ event: 'recording.viewed', by: expect.stringMatching(/^local:/) }]);
    expect(readdirSync(join(dir, 'audit', 'spool'))).toEqual([]);
    await log.close();
  });
});

describe('session search', () => {
  it('says where to play from, in any letter case, and writes the view down', async () => {
    const { dir, recordings } = await evidence();
    const run = await session('search', 'OUTPUT OF A2', '--dir', dir);
    expect(run).toMatchObject({ status: 0, stdout: expect.stringMatching(/^s1\/c1 at \d+\.\d s: output of a2\n$/) });
    expect(await views(dir)).toMatchObject([{ event: 'recording.viewed', recording: recordings[1] }]);
    expect((await session('search', 'warning', '--dir', dir)).stdout.split('\n')).toHaveLength(3);
    expect(await session('search', 'title', '--dir', dir)).toMatchObject({ status: 1, stdout: '' });
    expect(await session('search', 'output', '--agent', 'nobody', '--dir', dir)).toMatchObject({ status: 1 });
  });
});

describe('session export', () => {
  it('writes plain text', async () => {
    const { dir } = await evidence();
    const { stdout } = await session('export', 's1/c0', '--text', '--dir', dir);
    expect(stdout).toBe('$ touch /srv/a\noutput of a1\nwarning\n');
    expect(await views(dir)).toMatchObject([{ event: 'recording.exported' }]);
  });

  it('writes the asciicast, into a file that is not there yet', async () => {
    const { dir, recordings } = await evidence();
    const output = join(dir, 'out.cast');
    await session('export', 's1/c1', '--cast', '-o', output, '--dir', dir);
    expect(readFileSync(output)).toEqual(readFileSync(join(dir, recordings[1] ?? '')));
    await expect(session('export', 's1/c1', '--cast', '-o', output, '--dir', dir)).rejects.toThrow('EEXIST');
    expect(await session('export', 's1', '--cast', '--dir', dir)).toMatchObject({ code: 'CLI_OPTION_INVALID' });
  });
});

describe('a log that was changed', () => {
  it('cannot make the command line read another file', async () => {
    const dir = temporaryDirectory();
    const log = await openLog(join(dir, 'audit'));
    const names = { session: 's1', agent: 'a', channel: 'c0', target: 't', account: 'x', action: 'a1' };
    const opened = { remote: 'r', username: 'u', keyFingerprint: 'k', clientVersion: 'v' };
    await log.append({ event: 'session.opened', session: 's1', agent: 'a', ...opened });
    await log.append({
      event: 'command.decided',
      ...names,
      kind: 'exec',
      command: 'x',
      canonical: undefined,
      stdinSha256: undefined,
      verdict: 'allow',
      rule: undefined,
      reason: '',
      policyHash: '',
      shadow: [],
      tookUs: 1,
    });
    await log.append({ event: 'command.started', ...names, recording: '../../etc/passwd', sent: 'x' });
    await log.close();
    expect(existsSync('/etc/passwd')).toBe(true);
    expect(await session('play', 's1', '--dir', dir)).toMatchObject({ code: 'CLI_NOT_FOUND', stdout: '' });
  });
});
