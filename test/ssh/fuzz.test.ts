/**
 * Raw sockets that send what no client sends. The process survives, connections end, and a session that was open the
 * whole time never notices.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectRaw, type RawClient, runRaw, sshString, uint32 } from '../support/rawclient.ts';
import { startTestSession } from '../support/testsession.ts';

const session = await startTestSession({
  limits: {
    loginGraceMs: 3_000,
    maxUnauthenticated: 500,
    maxUnauthenticatedPerAddress: 500,
    maxSessionsPerAgent: 500,
    maxChannelsPerAgent: 5_000,
  },
});
const problems: unknown[] = [];
const note = (error: unknown) => problems.push(error);
let witness: RawClient;
beforeAll(async () => {
  process.on('uncaughtException', note).on('unhandledRejection', note);
  witness = await connectRaw(session);
});
afterAll(() => {
  process.off('uncaughtException', note).off('unhandledRejection', note);
  witness.client.end();
});
const unharmed = async () => {
  expect((await runRaw(witness.client, 'cat', 'witness')).stdout.toString()).toBe('witness');
  expect(problems).toEqual([]);
  expect(session.fatal).toEqual([]);
};

/** Sends bytes and hangs up; resolves when both sides are done. */
async function send(...parts: readonly Buffer[]): Promise<void> {
  const socket = createConnection(session.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  const closed = once(socket, 'close').catch(() => {});
  for (const part of parts) socket.write(part);
  socket.end();
  await closed;
}

const ident = Buffer.from('SSH-2.0-fuzz\r\n');

/** A KEXINIT as a client sends it, for mutation. */
function kexInit(): Buffer {
  const lists = [
    'curve25519-sha256,ext-info-c,kex-strict-c-v00@openssh.com',
    'ssh-ed25519',
    'aes128-gcm@openssh.com',
    'aes128-gcm@openssh.com',
    'hmac-sha2-256-etm@openssh.com',
    'hmac-sha2-256-etm@openssh.com',
    'none',
    'none',
    '',
    '',
  ].map(sshString);
  return framed(Buffer.concat([Buffer.from([20]), randomBytes(16), ...lists, Buffer.from([0]), uint32(0)]));
}

/** RFC 4253 section 6, before keys are in use. */
function framed(payload: Buffer): Buffer {
  const padding = 8 - ((payload.length + 5) % 8) + 8;
  return Buffer.concat([uint32(payload.length + padding + 1), Buffer.from([padding]), payload, Buffer.alloc(padding)]);
}

describe('before the login', () => {
  it('any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), (bytes) => send(Buffer.from(bytes))),
      { numRuns: 150 },
    );
    await unharmed();
  });

  it('any bytes after an identification', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), (bytes) => send(ident, Buffer.from(bytes))),
      { numRuns: 150 },
    );
    await unharmed();
  });

  it('a key exchange with some bytes changed, cut anywhere', async () => {
    const change = fc.tuple(fc.nat(400), fc.nat(255));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 6 }), fc.nat(400), async (changes, length) => {
        const packet = kexInit();
        for (const [at, value] of changes) if (at < packet.length) packet[at] = value;
        await send(
          ident,
          packet.subarray(0, length + 20),
          framed(Buffer.concat([Buffer.from([30]), sshString(randomBytes(32))])),
        );
      }),
      { numRuns: 150 },
    );
    await unharmed();
  });

  it('packets that are only allowed later', async () => {
    for (let type = 0; type < 256; type += 1) await send(ident, framed(Buffer.from([type, 0, 0, 0, 0])));
    await unharmed();
  });

  it('a packet that claims 4 GiB does not make us wait for it with memory', async () => {
    const before = process.memoryUsage().rss;
    await Promise.all(
      Array.from({ length: 50 }, () => send(ident, Buffer.from([0xff, 0xff, 0xff, 0xff, 4]), randomBytes(60_000))),
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(60 << 20);
    await unharmed();
  });
});

describe('after the login', () => {
  const message = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 200 }),
    // A real message type, a plausible channel, then anything.
    fc
      .tuple(
        fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 20, 21, 50, 80, 90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100),
        fc.nat(3),
        fc.uint8Array({ maxLength: 80 }),
      )
      .map(([type, channel, rest]) => Uint8Array.from([type, ...uint32(channel), ...rest])),
    // A channel request with a known name and anything behind it.
    fc
      .tuple(
        fc.constantFrom(
          'exec',
          'shell',
          'env',
          'pty-req',
          'signal',
          'subsystem',
          'window-change',
          'x11-req',
          'auth-agent-req@openssh.com',
          'eow@openssh.com',
        ),
        fc.nat(3),
        fc.uint8Array({ maxLength: 60 }),
      )
      .map(([name, channel, rest]) => Uint8Array.from([98, ...uint32(channel), ...sshString(name), 1, ...rest])),
    fc.constant(Uint8Array.from([90, ...sshString('session'), ...uint32(0), ...uint32(1 << 20), ...uint32(32_768)])),
  );

  it('any packets', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 30 }), async (messages) => {
        const raw = await connectRaw(session);
        raw.client.on('error', () => {});
        for (const payload of messages) {
          if (raw.socket.writable) raw.send(Buffer.from(payload));
        }
        raw.socket.end();
        await raw.closed;
      }),
      { numRuns: 150 },
    );
    await unharmed();
  });
});
