/** What a target of an attacker may send to the bastion: the connection ends, and memory and processor stay ours. */
import { mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { Connection, ServerChannel, Session } from 'ssh2';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { TargetPool } from '../../src/target/pool.ts';
import { eventually } from '../support/eventually.ts';
import { makeKey } from '../support/keys.ts';
import { poolLimits } from '../support/limits.ts';
import { running, startListener } from '../support/listener.ts';

const directory = mkdtempSync(join(tmpdir(), 'sallyport-hostile-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const credential = { kind: 'key', file: makeKey(directory, 'bastion').file } as const;
const megabyte = 1 << 20;

type OnSession = (accept: () => Session, connection: Connection) => void;
async function startOn(onSession: OnSession) {
  const target = await startListener(directory, {
    onSession: (accept, _reject, connection) => onSession(accept, connection),
  });
  const { port, hostKey } = target;
  const accounts = { root: { credential, home: undefined } };
  const pool = new TargetPool({
    targets: [
      {
        name: 'web-1',
        host: '127.0.0.1',
        port,
        hostKey,
        dialect: 'posix',
        labels: {},
        defaultAccount: 'root',
        accounts,
      },
    ],
    limits: { ...poolLimits, connectTimeoutMs: 3_000 },
    onHostKeyMismatch: () => {},
  });
  onTestFinished(() => {
    pool.close();
    target.stop();
  });
  const opening = pool.run('web-1', 'root', { command: 'x', environment: {} }, new AbortController().signal);
  return { pool, opening };
}

interface ServerProtocol {
  channelData(channel: number, data: Buffer): void;
  channelExtData(channel: number, data: Buffer, type: number): void;
  channelEOF(channel: number): void;
  channelClose(channel: number): void;
  channelOpenConfirm(remote: number, local: number, window: number, packetSize: number): void;
}
const protocolOf = (connection: Connection) =>
  (connection as unknown as { readonly _protocol: ServerProtocol })._protocol;

it('a maximum packet size of 0 ends the connection, and no command starts on it', async () => {
  const commands: string[] = [];
  const { opening } = await startOn((accept, connection) => {
    const protocol = protocolOf(connection);
    const confirm = protocol.channelOpenConfirm.bind(protocol);
    protocol.channelOpenConfirm = (remote, local, window) => confirm(remote, local, window, 0);
    running(accept, (_channel, command) => commands.push(command));
  });
  await expect(opening).rejects.toMatchObject({ code: 'TARGET_CHANNEL_REFUSED' });
  expect(commands).toEqual([]);
});

it.each(['stdout', 'stderr'] as const)(
  '%s beyond our window ends the connection instead of filling the memory',
  async (stream) => {
    const { pool, opening } = await startOn((accept) =>
      running(accept, (channel: ServerChannel) => {
        channel.on('error', () => {});
        channel.stderr.on('error', () => {});
        const { outgoing } = channel as unknown as { readonly outgoing: { window: number } };
        const flood = () => {
          outgoing.window = Number.MAX_SAFE_INTEGER;
          const sink = stream === 'stdout' ? channel : channel.stderr;
          if (channel.writable) sink.write(Buffer.alloc(megabyte - 1), () => setImmediate(flood));
        };
        flood();
      }),
    );
    const before = process.memoryUsage().rss;
    // Nobody reads it, so our window does not open again.
    await opening;
    await eventually(() => pool.connectionCount('web-1')).toBe(0);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * megabyte);
  },
);

it('output after its end ends that command only', async () => {
  const { pool, opening } = await startOn((accept, connection) =>
    running(accept, (channel) => {
      const protocol = protocolOf(connection);
      const { id } = (channel as unknown as { readonly outgoing: { readonly id: number } }).outgoing;
      protocol.channelData(id, Buffer.from('early'));
      protocol.channelEOF(id);
      for (let n = 0; n < 3; n += 1) {
        protocol.channelData(id, Buffer.from('late'));
        protocol.channelExtData(id, Buffer.from('late'), 1);
      }
      protocol.channelClose(id);
    }),
  );
  const command = await opening;
  const output = Promise.all([text(command.stdout), text(command.stderr)]);
  expect(await output).toEqual(['early', '']);
  expect(await command.ended).toMatchObject({ kind: 'lost' });
  expect(pool.connectionCount('web-1')).toBe(1);
});

it('a target that grants a huge window and stops reading its socket costs no memory', async () => {
  const { opening } = await startOn((accept, connection) => {
    const protocol = protocolOf(connection);
    const confirm = protocol.channelOpenConfirm.bind(protocol);
    protocol.channelOpenConfirm = (remote, local, _window, packetSize) =>
      confirm(remote, local, 0xffff_ffff, packetSize);
    running(accept, () => (connection as unknown as { readonly _sock: Socket })._sock.pause());
  });
  const { stdin } = await opening;
  const before = process.memoryUsage().rss;
  let accepted = 0;
  const chunk = Buffer.alloc(megabyte);
  for (let isStuck = false; !isStuck && accepted < 300; accepted += 1) {
    const taken = new Promise<boolean>((resolve) => stdin.write(Buffer.from(chunk), () => resolve(false)));
    isStuck = await Promise.race([taken, delay(1_000, true)]);
  }
  expect(accepted).toBeLessThan(60);
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * megabyte);
});
