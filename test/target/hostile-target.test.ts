/** What a target of an attacker may send to the bastion: the connection ends, and memory and processor stay ours. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
