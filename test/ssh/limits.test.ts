import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import type { AuthHandlerMiddleware } from 'ssh2';
import { describe, expect, it } from 'vitest';
import { Admission, networkOf, Slots } from '../../src/ssh/limits.ts';
import { RefusalLog } from '../../src/ssh/refusals.ts';
import { Outlet } from '../../src/transport/outlet.ts';
import { makeKey } from '../support/keys.ts';
import { connectRaw, execRaw, runRaw } from '../support/rawclient.ts';
import { startTestSession } from '../support/testsession.ts';

describe('Slots', () => {
  it('gives each slot back once', () => {
    const slots = new Slots(1);
    const release = slots.take('a');
    expect(slots.take('a')).toBeUndefined();
    expect(slots.take('b')).toBeDefined();
    release?.();
    release?.();
    expect(slots.take('a')).toBeDefined();
    expect(slots.take('a')).toBeUndefined();
  });
});

describe('Admission', () => {
  it('counts one IPv6 network as one address, and a mapped address as IPv4', () => {
    expect(networkOf('2001:db8::1')).toBe(networkOf('2001:db8:0:0:ffff::2'));
    expect(networkOf('2001:db8:0:1::1')).not.toBe(networkOf('2001:db8::1'));
    expect(networkOf('::ffff:10.0.0.1')).toBe('10.0.0.1');
    expect(networkOf('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
  });

  it('does not keep a total slot for an address that is over its cap', () => {
    const admission = new Admission({ maxUnauthenticated: 2, maxUnauthenticatedPerAddress: 1 });
    admission.enter('10.0.0.1');
    for (let n = 0; n < 5; n += 1) expect(admission.enter('10.0.0.1')).toMatch(/from this address/);
    expect(admission.enter('10.0.0.2')).toBeTypeOf('function');
    expect(admission.enter('10.0.0.3')).toBe('too many connections without login');
  });
});

describe('RefusalLog', () => {
  it('writes the first of a flood whole and counts the rest', () => {
    let nowMs = 0;
    const written: { event: string; count?: number }[] = [];
    const log = new RefusalLog(
      (event) => written.push(event),
      () => nowMs,
    );
    for (let n = 0; n < 1_000; n += 1) log.write({ event: 'connection.refused', remote: 'x', reason: 'y' });
    expect(written).toHaveLength(50);
    nowMs = 10_001;
    log.tick();
    expect(written.at(-1)).toMatchObject({ count: 950 });
  });
});

const open = (port: number): Socket => {
  const socket = createConnection(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  return socket;
};

describe('under flood', async () => {
  const session = await startTestSession({
    limits: {
      maxUnauthenticated: 20,
      maxUnauthenticatedPerAddress: 10,
      loginGraceMs: 3_000,
      maxAuthTries: 3,
      maxSessionsPerAgent: 3,
      maxChannelsPerSession: 4,
      maxChannelsPerAgent: 6,
    },
  });

  it('connections beyond the cap are closed, the others after the grace time, and then agents get in again', async () => {
    const sockets = Array.from({ length: 30 }, () => open(session.port));
    const from = Date.now();
    await Promise.all(sockets.map((socket) => once(socket, 'close')));
    expect(Date.now() - from).toBeGreaterThan(2_500);
    const refused = session.events.filter(
      (event) => event.event === 'connection.refused' && event.reason.includes('from this address'),
    );
    expect(refused).toHaveLength(20);
    expect((await session.ssh('echo in')).stdout.toString()).toBe('in\n');
  });

  it('a peer that identifies itself and then waits is closed after the grace time', async () => {
    const socket = open(session.port);
    socket.write('SSH-2.0-slow\r\n');
    await once(socket, 'close');
    await session.event('connection.refused', (event) => event.reason === 'no login within the grace time');
  });

  it('guessing keys ends after the allowed tries', async () => {
    const wrong = Array.from({ length: 6 }, (_, n) => makeKey(session.directory, `wrong-${n}`).file);
    const args = wrong.flatMap((file) => ['-i', file]);
    const all = session.sshArguments().filter((argument) => argument !== session.key.file && argument !== '-i');
    const { spawn } = await import('node:child_process');
    const { finish } = await import('../support/testsession.ts');
    const result = await finish(
      spawn('ssh', [...args, ...all, 'true'], { env: { PATH: process.env.PATH ?? '', HOME: session.directory } }),
    );
    expect(result.status).toBe(255);
    await session.event('login.refused', (event) => event.reason === 'too many attempts');
  });

  it('a client that goes on trying is disconnected, long before the grace time', async () => {
    const key = readFileSync(makeKey(session.directory, 'stubborn').file);
    let tries = 0;
    const authHandler: AuthHandlerMiddleware = (_left, _partial, next) => {
      tries += 1;
      next({ type: 'publickey', username: 'web-1', key });
    };
    await expect(connectRaw(session, { authHandler })).rejects.toThrow();
    expect(tries).toBeLessThan(10);
  });

  it('a session beyond the cap of the agent is told so and closed', async () => {
    const raws = [await connectRaw(session), await connectRaw(session), await connectRaw(session)];
    const result = await session.ssh('true');
    expect(result.status).toBe(75);
    expect(result.stderr).toContain('this agent has too many sessions open');
    for (const { client, closed } of raws) {
      client.end();
      await closed;
    }
  });

  it('channels beyond the caps are refused, and closed ones count no more', async () => {
    const { client, closed } = await connectRaw(session);
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => runRaw(client, 'cat', 'x')));
    expect(results.filter((result) => result.status === 'rejected').length).toBe(4);
    const again = await Promise.all(Array.from({ length: 4 }, () => runRaw(client, 'echo x')));
    expect(again.map((result) => result.stdout.toString())).toEqual(Array(4).fill('x\n'));
    client.end();
    await closed;
  });
});

describe('channels of an agent', async () => {
  const session = await startTestSession({ limits: { maxChannelsPerSession: 4, maxChannelsPerAgent: 6 } });

  it('count over all its sessions', async () => {
    const raws = [await connectRaw(session), await connectRaw(session)];
    const results = await Promise.allSettled(
      raws.flatMap(({ client }) => Array.from({ length: 4 }, () => execRaw(client, 'cat'))),
    );
    expect(results.filter((result) => result.status === 'rejected').length).toBe(2);
    for (const { client, closed } of raws) {
      client.end();
      await closed;
    }
  });
});

describe('time', async () => {
  const idle = await startTestSession({ limits: { idleMs: 700 } });
  const short = await startTestSession({ limits: { maxSessionMs: 1_500 } });

  it('a session without a command is closed after the idle time, one with a command is not', async () => {
    const { client, closed } = await connectRaw(idle);
    const busy = await runRaw(client, 'sleep 1.5; echo done');
    expect(busy.stdout.toString()).toBe('done\n');
    await closed;
    await idle.event('session.closed', (event) => event.reason === 'idle' && event.channels === 1);
  });

  it('a key exchange that is not finished ends the connection after a minute', async () => {
    const { client, protocol, socket } = await connectRaw(idle);
    const outlet = new Outlet(client, { rekeyBytes: 1e9, rekeyMs: 1e9 }, 0);
    socket.write = () => true;
    protocol.rekey();
    expect([0, 59_999, 60_000].map((nowMs) => outlet.renewKeys(nowMs))).toEqual([
      undefined,
      undefined,
      'key exchange was not finished',
    ]);
    socket.destroy();
  });

  it('a session ends after the total time, whatever it does', async () => {
    const result = await short.ssh('sleep 30');
    expect(result.status).toBe(70);
    expect(result.stderr).toContain('the time limit of a session is reached');
  });
});
