import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { parseHostKey } from '../../src/target/host-key.ts';
import { detectShell, fetchHostKey, readShell, shellProbe } from '../../src/target/probe.ts';
import { freePort } from '../support/sshd.ts';
import { startTestSession } from '../support/testsession.ts';

const session = await startTestSession();

describe('fetchHostKey', () => {
  it('finds the key that ssh-keygen knows, in the form the configuration pins', async () => {
    const found = await fetchHostKey(session.target.host, session.target.port);
    expect(found.fingerprint).toBe(session.target.hostKey.fingerprint);
    expect(session.target.hostKey.publicLine).toContain(found.line);
    expect(parseHostKey(found.line).fingerprint).toBe(found.fingerprint);
  });

  it('says when nobody answers', async () => {
    await expect(fetchHostKey('127.0.0.1', await freePort(), 1_000)).rejects.toMatchObject({
      code: 'TARGET_UNREACHABLE',
    });
  });
});

describe('detectShell', () => {
  it('reads the login shell of a real target', async () => {
    const { account } = session.target;
    const probe = await session.pool.run(
      'web-1',
      account,
      { command: shellProbe, environment: {} },
      new AbortController().signal,
    );
    const entry = execFileSync('getent', ['passwd', account], { encoding: 'utf8' }).trim().split(':');
    const want = entry[6]?.endsWith('bash') ? 'bash' : 'posix';
    expect(await detectShell(probe)).toEqual({ dialect: want, home: entry[5] });
  });

  it.each([
    { shell: ['bash', '-c'], dialect: 'bash' },
    { shell: ['dash', '-c'], dialect: 'posix' },
    { shell: ['busybox', 'sh', '-c'], dialect: 'busybox' },
  ])('$shell is $dialect', ({ shell, dialect }) => {
    const [program = '', ...args] = shell;
    const answer = execFileSync(program, [...args, shellProbe], {
      encoding: 'utf8',
      env: { HOME: '/home/x', PATH: process.env.PATH ?? '' },
    });
    expect(readShell(answer)).toEqual({ dialect, home: '/home/x' });
  });

  it.each([
    { name: 'an empty answer', answer: '' },
    { name: 'a zsh', answer: '\n5.9\n\nzsh\n/home/x\n/bin/zsh\n' },
    { name: 'a greeting before the answer', answer: 'Welcome!\n5.2\n\n\nbash\n/home/x\n/bin/bash\n' },
    { name: 'a restricted shell', answer: '\n\n\nrzsh\n/home/x\n\n' },
  ])('$name is not understood', ({ answer }) => {
    expect(readShell(answer).dialect).toBe('unknown');
  });

  it('a home that is no plain path is not believed', () => {
    expect(readShell('5.2\n\n\nbash\n/home/$(id)\n/bin/bash\n')).toEqual({ dialect: 'bash', home: undefined });
  });
});

describe('parseHostKey', () => {
  it.each([
    'ssh-ed25519',
    'ssh-ed25519 AAAA',
    'ssh-dss AAAAB3NzaC1kc3MAAA',
    'ecdsa-sha2-nistp256 AAAAC3NzaC1lZDI1NTE5AAAA',
    'constructor AAAA',
    '',
  ])('%j is refused', (line) => {
    expect(() => parseHostKey(line)).toThrow(expect.objectContaining({ code: 'TARGET_HOST_KEY_UNUSABLE' }));
  });
});
