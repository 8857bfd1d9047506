import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerChannel } from 'ssh2';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import type { PoolLimits, TargetConfig } from '../../src/config.ts';
import type { TargetChannel } from '../../src/gate/ports.ts';
import type { HostKeyMismatch } from '../../src/target/connection.ts';
import { TargetPool } from '../../src/target/pool.ts';
import { eventually } from '../support/eventually.ts';
import { makeKey } from '../support/keys.ts';
import { poolLimits } from '../support/limits.ts';
import { running, startListener } from '../support/listener.ts';
import { startSshd } from '../support/sshd.ts';

const directory = mkdtempSync(join(tmpdir(), 'sallyport-pool-'));
const sshd = await startSshd(directory);
const never = new AbortController().signal;
afterAll(async () => {
  await sshd.stop();
  rmSync(directory, { recursive: true, force: true });
});

const mismatches: HostKeyMismatch[] = [];
const targetOf = (change: Partial<TargetConfig> = {}): TargetConfig => ({
  name: 'web-1',
  host: sshd.host,
  port: sshd.port,
  hostKey: sshd.hostKey.publicLine,
  dialect: 'posix',
  labels: {},
  defaultAccount: sshd.account,
  accounts: { [sshd.account]: { credential: { kind: 'key', file: sshd.credential.file }, home: '/home/x' } },
  ...change,
});
function poolOf(target: TargetConfig, limits: Partial<PoolLimits> = {}): TargetPool {
  const pool = new TargetPool({
    targets: [target],
    limits: { ...poolLimits, ...limits },
    onHostKeyMismatch: (mismatch) => mismatches.push(mismatch),
  });
  onTestFinished(() => pool.close());
  return pool;
}
const start = (pool: TargetPool, command: string, signal = never) =>
  pool.run('web-1', sshd.account, { command, environment: {} }, signal);

async function outputOf(channel: TargetChannel): Promise<string> {
  channel.stdin.end();
  channel.stderr.resume();
  let text = '';
  for await (const chunk of channel.stdout) text += chunk;
  await channel.ended;
  return text;
}

describe('connections', () => {
  it('are shared: many commands, one connection', async () => {
    const pool = poolOf(targetOf());
    for (let n = 0; n < 5; n += 1) expect(await outputOf(await start(pool, `echo ${n}`))).toBe(`${n}\n`);
    expect(pool.connectionCount('web-1')).toBe(1);
  });

  it('carry at most ten channels, and more connections are opened for more commands', async () => {
    const pool = poolOf(targetOf());
    const commands = await Promise.all(Array.from({ length: 25 }, () => start(pool, 'read x; echo "$x"')));
    expect(pool.connectionCount('web-1')).toBe(3);
    const outputs = commands.map((command, n) => {
      command.stdin.write(`${n}\n`);
      return outputOf(command);
    });
    expect(await Promise.all(outputs)).toEqual(commands.map((_, n) => `${n}\n`));
  });

  it('leave a channel for another agent, however many commands one has started', async () => {
    const pool = poolOf(targetOf(), { maxConnectionsPerTarget: 1, maxChannelsPerConnection: 4, connectTimeoutMs: 300 });
    const as = (agent: string, command: string) =>
      pool.run('web-1', sshd.account, { agent, command, environment: {} }, never);
    const greedy = await Promise.all([as('greedy', 'read x'), as('greedy', 'read x')]);
    await expect(as('greedy', 'true')).rejects.toMatchObject({ code: 'TARGET_BUSY' });
    expect(await outputOf(await as('modest', 'echo mine'))).toBe('mine\n');
    await Promise.all(greedy.map(outputOf));
    expect(await outputOf(await as('greedy', 'echo again'))).toBe('again\n');
  });

  it('that allow fewer channels than we think are not asked again', async () => {
    const strict = await startSshd(directory, ['MaxSessions 3']);
    onTestFinished(() => strict.stop());
    const accounts = {
      [strict.account]: { credential: { kind: 'key', file: strict.credential.file }, home: undefined },
    } as const;
    const pool = poolOf(targetOf({ port: strict.port, hostKey: strict.hostKey.publicLine, accounts }));
    const commands = await Promise.all(Array.from({ length: 8 }, () => start(pool, 'read x; echo ok')));
    const outputs = commands.map((command) => {
      command.stdin.write('\n');
      return outputOf(command);
    });
    expect(await Promise.all(outputs)).toEqual(Array(8).fill('ok\n'));
  });

  it('are limited per target; who waits longer than the time-out is told that the target is busy', async () => {
    const pool = poolOf(targetOf(), { maxConnectionsPerTarget: 1, maxChannelsPerConnection: 2, connectTimeoutMs: 400 });
    const busy = [await start(pool, 'cat'), await start(pool, 'cat')];
    await expect(start(pool, 'true')).rejects.toMatchObject({ code: 'TARGET_BUSY' });
    const waiting = start(pool, 'echo turn');
    busy[0]?.stdin.end();
    busy[0]?.stdout.resume();
    busy[0]?.stderr.resume();
    expect(await outputOf(await waiting)).toBe('turn\n');
    busy[1]?.close();
  });

  it('are made again after the target went away, and the command that was running is lost', async () => {
    const first = await startSshd(directory);
    const accounts = {
      [first.account]: { credential: { kind: 'key', file: first.credential.file }, home: undefined },
    } as const;
    const pool = poolOf(targetOf({ port: first.port, hostKey: first.hostKey.publicLine, accounts }));
    const command = await start(pool, 'echo $PPID; sleep 60');
    const [pid] = await once(command.stdout, 'data');
    command.stdout.resume();
    command.stderr.resume();
    process.kill(Number(String(pid)), 'SIGKILL');
    expect((await command.ended).kind).toBe('lost');
    expect(await outputOf(await start(pool, 'echo again'))).toBe('again\n');
    await first.stop();
    await expect(
      (async () => {
        // Connections of a stopped sshd live on in its children; a new one cannot be made.
        pool.replace([]);
        pool.replace([targetOf({ port: first.port, hostKey: first.hostKey.publicLine, accounts })]);
        await start(pool, 'true');
      })(),
    ).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' });
  });

  it('are closed when nobody has used them for a while', async () => {
    const pool = poolOf(targetOf(), { idleCloseMs: 1 });
    await pool.warm('web-1', sshd.account);
    expect(pool.connectionCount('web-1')).toBe(1);
    await eventually(() => pool.connectionCount('web-1')).toBe(0);
  });

  it('are closed when the target changes', async () => {
    const pool = poolOf(targetOf());
    const command = await start(pool, 'sleep 60');
    command.stdout.resume();
    command.stderr.resume();
    pool.replace([targetOf({ port: 1 })]);
    expect((await command.ended).kind).toBe('lost');
    expect(pool.connectionCount('web-1')).toBe(0);
  });
});

describe('one command never waits for another', () => {
  it('that does not read its output', async () => {
    const pool = poolOf(targetOf());
    const stuck = await start(pool, 'head -c 50000000 /dev/zero');
    expect(await outputOf(await start(pool, 'echo free'))).toBe('free\n');
    expect(pool.connectionCount('web-1')).toBe(1);
    stuck.close();
  });

  it('whose channel the target never opens: the connection is left, and the next command goes elsewhere', async () => {
    let sessions = 0;
    const target = await startListener(directory, {
      onSession: (accept) => {
        sessions += 1;
        // The first is never answered.
        if (sessions > 1) running(accept, (channel: ServerChannel) => channel.end('hi'));
      },
    });
    onTestFinished(() => target.stop());
    const pool = poolOf(targetOf({ port: target.port, hostKey: target.hostKey }), { connectTimeoutMs: 500 });
    await expect(start(pool, 'x')).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' });
    expect(await outputOf(await start(pool, 'x'))).toBe('hi');
    expect(target.connections).toHaveLength(2);
  });

  it('whose agent leaves while the connection is being made', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      silent.close();
    });
    const address = silent.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const pool = poolOf(targetOf({ port }), { connectTimeoutMs: 600 });
    const leaving = new AbortController();
    const left = start(pool, 'true', leaving.signal);
    const staying = start(pool, 'true');
    leaving.abort();
    await expect(left).rejects.toMatchObject({ code: 'TARGET_ABORTED' });
    await expect(staying).rejects.toMatchObject({ code: 'TARGET_UNREACHABLE' });
  });
});

describe('what is refused before anything is sent', () => {
  it('a host key that is not the pinned one: no login is tried', async () => {
    const impostor = await startListener(directory, { onSession: () => {}, onAuthentication: 'reject' });
    onTestFinished(() => impostor.stop());
    const pool = poolOf(targetOf({ port: impostor.port }));
    mismatches.length = 0;
    await expect(start(pool, 'true')).rejects.toMatchObject({
      code: 'TARGET_HOST_KEY_MISMATCH',
      publicMessage: expect.stringContaining('nothing was sent'),
    });
    expect(impostor.loginCount()).toBe(0);
    expect(mismatches).toEqual([
      { target: 'web-1', pinned: sshd.hostKey.fingerprint, offered: expect.stringMatching(/^SHA256:/) },
    ]);
  });

  it('a target that has no key of the pinned type', async () => {
    const other = await startListener(directory, { onSession: () => {}, hostKeyType: 'ecdsa' });
    onTestFinished(() => other.stop());
    const pool = poolOf(targetOf({ port: other.port }));
    await expect(start(pool, 'true')).rejects.toMatchObject({ code: 'TARGET_HOST_KEY_MISMATCH' });
  });

  it.each([
    ['NUL', 'echo a\0b'],
    ['half a character', 'echo \ud800'],
  ])('a command with %s', async (_name, command) => {
    await expect(start(poolOf(targetOf()), command)).rejects.toMatchObject({ code: 'TARGET_COMMAND_UNSENDABLE' });
  });

  it('an unknown target or account', async () => {
    const pool = poolOf(targetOf());
    const request = { command: 'true', environment: {} };
    await expect(pool.run('db', 'root', request, never)).rejects.toMatchObject({ code: 'TARGET_UNKNOWN' });
    await expect(pool.run('web-1', 'constructor', request, never)).rejects.toMatchObject({ code: 'TARGET_UNKNOWN' });
    expect(pool.find('web-1', 'constructor')).toBeUndefined();
  });
});

describe('failures name the cause and no secret', () => {
  it('a login that the target refuses', async () => {
    const stranger = makeKey(directory, 'stranger');
    const accounts = { [sshd.account]: { credential: { kind: 'key', file: stranger.file }, home: undefined } } as const;
    await expect(start(poolOf(targetOf({ accounts })), 'true')).rejects.toMatchObject({ code: 'TARGET_LOGIN_REFUSED' });
  });

  it('a key file that is none', async () => {
    const file = join(directory, 'no-key');
    writeFileSync(file, 'CANARY-not-a-key');
    const accounts = { [sshd.account]: { credential: { kind: 'key', file }, home: undefined } } as const;
    const error = await start(poolOf(targetOf({ accounts })), 'true').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'TARGET_CREDENTIAL_UNUSABLE' });
    expect(String(error)).not.toContain('CANARY');
  });

  it('a key file that others can read', async () => {
    const { file } = makeKey(directory, 'open-key');
    chmodSync(file, 0o640);
    const accounts = { [sshd.account]: { credential: { kind: 'key', file }, home: undefined } } as const;
    await expect(start(poolOf(targetOf({ accounts })), 'true')).rejects.toMatchObject({
      code: 'TARGET_CREDENTIAL_UNUSABLE',
      message: expect.stringContaining(`run: chmod 600 ${file}`),
    });
  });

  it('a key file that is missing', async () => {
    const credential = { kind: 'key', file: join(directory, 'missing') } as const;
    const accounts = { [sshd.account]: { credential, home: undefined } };
    await expect(start(poolOf(targetOf({ accounts })), 'true')).rejects.toMatchObject({
      code: 'TARGET_CREDENTIAL_UNUSABLE',
    });
  });
});
