import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SallyportError } from '../../src/errors.ts';
import { passthrough } from '../support/passthrough.ts';
import { connectRaw, runRaw } from '../support/rawclient.ts';
import { finish, startTestSession } from '../support/testsession.ts';

let broken: Error | undefined;
const session = await startTestSession({
  sshd: ['AcceptEnv *'],
  run: (pool) => async (request) => {
    if (broken !== undefined) throw broken;
    return passthrough(pool)(request);
  },
});
const env = { PATH: process.env.PATH ?? '', HOME: session.directory };

describe('what is not exec is refused in words', () => {
  it.each([
    { name: 'a shell with a terminal', args: ['-tt'] },
    { name: 'a shell without one', args: ['-T'] },
  ])('$name', async ({ args }) => {
    const result = await session.ssh(undefined, { args });
    expect(result.status).toBe(77);
    expect(result.stderr).toMatch(/^sallyport: denied: an interactive shell is not offered; .*\r?\n/);
    await session.event('request.refused', (event) => event.request === 'shell');
  });

  it('a terminal for a command, which then does not run', async () => {
    const result = await session.ssh('touch never; echo ran', { args: ['-tt'] });
    expect(result).toMatchObject({ status: 77 });
    expect(result.stdout.toString()).toBe('');
    // The client's terminal is in raw mode by now.
    expect(result.stderr).toMatch(/^sallyport: denied: a terminal is not offered.*\r\n/);
    await session.event('request.refused', (event) => event.request === 'pty-req');
  });

  it.each(['sftp', 'netconf'])('the subsystem %s', async (name) => {
    const result = await session.ssh(name, { args: ['-s'] });
    expect(result.status).toBe(77);
    expect(result.stderr).toMatch(/sallyport: denied: .*is not offered/);
  });

  it('scp, in a way that says why', async () => {
    const file = join(session.directory, 'upload');
    writeFileSync(file, randomBytes(10));
    const args = session
      .sshArguments()
      .slice(0, -1)
      .map((argument) => (argument === '-p' ? '-P' : argument));
    const result = await finish(spawn('scp', [...args, file, 'web-1@127.0.0.1:/tmp/never'], { env }));
    expect(result.status).not.toBe(0);
    expect(result.stderr).toContain('SFTP (and with it scp and sftp) is not offered');
  });

  it('forwarding to a host, with the reason on the client', async () => {
    const result = await session.ssh(undefined, { args: ['-W', '127.0.0.1:22'] });
    expect(result.status).not.toBe(0);
    expect(result.stderr).toContain('administratively prohibited: sallyport: forwarding is not offered');
    await session.event('request.refused', (event) => event.request === 'direct-tcpip');
  });

  it('forwarding from the target', async () => {
    const result = await session.ssh('true', { args: ['-R', '0:127.0.0.1:1', '-o', 'ExitOnForwardFailure=yes'] });
    expect(result.status).toBe(255);
    await session.event('request.refused', (event) => event.request === 'tcpip-forward');
  });

  it('the agent of the client, while the command runs without', async () => {
    const agent = await finish(
      spawn(
        'ssh-agent',
        ['ssh', '-o', 'IdentityAgent=SSH_AUTH_SOCK', ...session.sshArguments(['-A']), 'echo "[$SSH_AUTH_SOCK]"'],
        { env },
      ),
    );
    expect(agent.stdout.toString()).toBe('[]\n');
    expect(agent.stderr).toContain('agent forwarding');
  });

  it('a peer that keeps asking is disconnected', async () => {
    const raw = await connectRaw(session);
    raw.client.on('error', () => {});
    for (let n = 0; n < 300; n += 1) raw.client.forwardOut('127.0.0.1', 1, '127.0.0.1', 22, () => {});
    await raw.closed;
    await session.event('session.closed', (event) => event.reason === 'too many refused requests');
  });
});

describe('environment', () => {
  it('locale and terminal reach the target, the rest is dropped and audited', async () => {
    const names = ['LANG', 'LC_TIME', 'TERM', 'LD_PRELOAD', 'GIT_SSH_COMMAND', 'EVIL'];
    const result = await session.ssh(names.map((name) => `echo ${name}=$${name}`).join(';'), {
      args: ['-o', 'SendEnv=LANG LC_* TERM LD_PRELOAD GIT_SSH_COMMAND EVIL'],
      env: {
        LANG: 'de_DE.UTF-8',
        LC_TIME: 'C',
        TERM: 'vt100',
        GIT_SSH_COMMAND: 'evil',
        EVIL: 'x',
      },
    });
    const lines = result.stdout.toString().trim().split('\n');
    expect(lines).toEqual(['LANG=de_DE.UTF-8', 'LC_TIME=C', 'TERM=vt100', 'LD_PRELOAD=', 'GIT_SSH_COMMAND=', 'EVIL=']);
    const dropped = await session.event('environment.dropped');
    expect([...dropped.names].sort()).toEqual(['EVIL', 'GIT_SSH_COMMAND']);
  });

  it('SALLYPORT_OUTPUT=json turns every notice into one JSON line', async () => {
    const result = await session.ssh('true', {
      address: 'nowhere',
      args: ['-o', 'SetEnv=SALLYPORT_OUTPUT=json'],
    });
    expect(JSON.parse(result.stderr)).toMatchObject({ sallyport: 1, event: 'failed' });
  });
});

describe('addresses', () => {
  it.each([
    { name: 'an unknown target', address: 'db-9' },
    { name: 'an account this agent may not use', address: 'postgres@web-1' },
    { name: 'an object property that is no target', address: 'constructor' },
  ])('$name: the same words and status 69', async ({ address }) => {
    const result = await session.ssh('true', { address });
    expect(result).toMatchObject({
      status: 69,
      stderr: `sallyport: failed: ${address} is not available to agent robot.\n`,
    });
    await session.event('target.refused', (event) => event.wanted === address);
  });

  it.each(['sallyport', 'a@b@c', 'x y', '../etc'])('%s is explained', async (address) => {
    const result = await session.ssh('true', { args: ['-l', address], address: 'ignored' });
    expect(result.status).toBe(69);
    expect(result.stderr).toMatch(/^sallyport: failed: .*connect as/);
  });
});

describe('failures', () => {
  it('a command over the limit is denied with both numbers', async () => {
    const { client } = await connectRaw(session);
    const result = await runRaw(client, `: ${'x'.repeat(70_000)}`);
    expect(result.status).toBe(77);
    expect(result.stderr).toContain('the command has 70002 bytes, at most 65536 are taken');
    client.end();
  });

  it('an unexpected exception ends its session with an audit event, and no other', async () => {
    const other = session.spawnSsh('echo up; read x; echo "$x"');
    await once(other.stdout, 'data');
    broken = new TypeError('CANARY is not a function');
    const result = await session.ssh('true');
    broken = undefined;
    expect(result.status).toBe(70);
    expect(result.stderr).not.toContain('CANARY');
    expect(await session.event('session.failed')).toMatchObject({ code: 'SESSION_UNEXPECTED' });
    expect(JSON.stringify(session.events)).not.toContain('CANARY');
    const survivor = await finish(other, 'alive\n');
    expect(survivor.stdout.toString()).toBe('alive\n');
  });

  it('an expected failure shows its public message and leaves the session alone', async () => {
    const { client } = await connectRaw(session);
    broken = new SallyportError('TARGET_X', 'secret detail', { publicMessage: 'the target cannot be reached' });
    const failed = await runRaw(client, 'true');
    broken = undefined;
    expect(failed).toMatchObject({ status: 70, stderr: 'sallyport: failed: the target cannot be reached.\n' });
    expect((await runRaw(client, 'echo on')).stdout.toString()).toBe('on\n');
    client.end();
  });
});
