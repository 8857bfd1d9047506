/** The clients agents and their tools really use, each against the running server. */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { finish, startTestSession } from '../support/testsession.ts';

const session = await startTestSession();
const { directory, port } = session;
const env = { PATH: process.env.PATH ?? '', HOME: directory };
const run = (program: string, args: readonly string[], input = 'from stdin') =>
  finish(spawn(program, args, { env, cwd: directory }), input);
const command = 'cat; echo " out"; echo err >&2; exit 9';

function expectFaithful(result: { status: number | null; stdout: Buffer; stderr: string }): void {
  expect(result.stdout.toString()).toBe('from stdin out\n');
  expect(result.stderr).toContain('err');
  expect(result.status).toBe(9);
}

describe('clients', () => {
  it('dbclient', async () => {
    const key = join(directory, 'dropbear');
    execFileSync('dropbearconvert', ['openssh', 'dropbear', session.key.file, key], { stdio: 'pipe' });
    expectFaithful(await run('dbclient', ['-y', '-y', '-i', key, '-p', `${port}`, 'web-1@127.0.0.1', command]));
  });

  it('plink', async () => {
    const key = join(directory, 'plink.ppk');
    execFileSync('puttygen', [session.key.file, '-o', key, '-O', 'private'], { env });
    const hostKey = readFileSync(join(directory, 'bastion.pub'), 'utf8').trim();
    const blob = Buffer.from(hostKey.split(' ')[1] ?? '', 'base64');
    const fingerprint =
      execFileSync('ssh-keygen', ['-lf', '-'], { input: hostKey, encoding: 'utf8' }).split(' ')[1] ?? '';
    expect(blob.length).toBeGreaterThan(0);
    const args = ['-ssh', '-batch', '-no-antispoof', '-i', key, '-hostkey', fingerprint, '-P', `${port}`];
    expectFaithful(await run('plink', [...args, 'web-1@127.0.0.1', command]));
  });

  it.each(['paramiko', 'asyncssh'])('%s', async (library) => {
    const script = join(directory, `with-${library}.py`);
    writeFileSync(script, scripts[library] ?? '');
    expectFaithful(await run('/usr/bin/python3', ['-W', 'ignore', script, `${port}`, session.key.file, command]));
  });

  it('asyncssh is told of the signal that ended the command', async () => {
    const script = join(directory, 'with-signal.py');
    writeFileSync(script, scripts.signal ?? '');
    const result = await run('/usr/bin/python3', [
      '-W',
      'ignore',
      script,
      `${port}`,
      session.key.file,
      'kill -USR1 $$',
    ]);
    expect(result.stdout.toString()).toBe('USR1\n');
  });

  it('git, over its own protocol', async () => {
    const repository = join(directory, 'origin.git');
    execFileSync('git', ['init', '-q', '--bare', repository]);
    const wrapper = ['ssh', ...session.sshArguments().slice(0, -1)].join(' ');
    const result = await finish(
      spawn('git', ['ls-remote', `ssh://web-1@127.0.0.1:${port}${repository}`], {
        env: { ...env, GIT_SSH_COMMAND: wrapper },
      }),
    );
    expect(result).toMatchObject({ status: 0, stderr: '' });
  });

  it('scp in its old protocol', async () => {
    writeFileSync(join(directory, 'from'), 'payload');
    const args = session
      .sshArguments()
      .slice(0, -1)
      .map((argument) => (argument === '-p' ? '-P' : argument));
    const to = join(directory, 'to');
    const result = await run('scp', ['-O', ...args, join(directory, 'from'), `web-1@127.0.0.1:${to}`]);
    expect(result.status).toBe(0);
    expect(readFileSync(to, 'utf8')).toBe('payload');
  });
});

describe('ssh-audit', () => {
  it('finds nothing but what its age does not know', async () => {
    const result = await run('ssh-audit', ['--no-colors', '-p', `${port}`, '127.0.0.1']);
    const text = result.stdout.toString();
    expect(text).toContain('Sallyport');
    expect(text.match(/\[fail\].*/g) ?? []).toEqual([]);
    const warnings = text.split('\n').filter((line) => line.includes('[warn]'));
    expect(warnings.filter((line) => !line.includes('kex-strict-s-v00@openssh.com'))).toEqual([]);
  });
});

const scripts: Readonly<Record<string, string>> = {
  paramiko: `
import sys, paramiko
port, key, command = int(sys.argv[1]), sys.argv[2], sys.argv[3]
client = paramiko.SSHClient()
client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
client.connect('127.0.0.1', port, 'web-1', pkey=paramiko.Ed25519Key.from_private_key_file(key),
               allow_agent=False, look_for_keys=False)
stdin, stdout, stderr = client.exec_command(command)
stdin.write(sys.stdin.read()); stdin.flush(); stdin.channel.shutdown_write()
sys.stdout.write(stdout.read().decode()); sys.stderr.write(stderr.read().decode())
sys.exit(stdout.channel.recv_exit_status())
`,
  asyncssh: `
import asyncio, sys, asyncssh
async def main():
    async with asyncssh.connect('127.0.0.1', int(sys.argv[1]), username='web-1', client_keys=[sys.argv[2]],
                                known_hosts=None, config=None, agent_path=None) as connection:
        result = await connection.run(sys.argv[3], input=sys.stdin.read())
        sys.stdout.write(result.stdout); sys.stderr.write(result.stderr)
        return result.exit_status
sys.exit(asyncio.run(main()))
`,
  signal: `
import asyncio, sys, asyncssh
async def main():
    async with asyncssh.connect('127.0.0.1', int(sys.argv[1]), username='web-1', client_keys=[sys.argv[2]],
                                known_hosts=None, config=None, agent_path=None) as connection:
        result = await connection.run(sys.argv[3])
        print(result.exit_signal[0])
asyncio.run(main())
`,
};
