import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerChannel } from 'ssh2';
import { afterAll, expect, it } from 'vitest';
import { TargetPool } from '../../src/target/pool.ts';
import { hangMs } from '../support/hang.ts';
import { makeKey } from '../support/keys.ts';
import { poolLimits } from '../support/limits.ts';
import { running, startListener } from '../support/listener.ts';

const directory = mkdtempSync(join(tmpdir(), 'sallyport-channel-'));
const signals: string[] = [];
const channels: ServerChannel[] = [];
let onCommand = (channel: ServerChannel): void => {
  channel.resume();
};
let onSignal = (_name: string, _channel: ServerChannel): void => {};
const listener = await startListener(directory, {
  onSession: (accept) => {
    let opened: ServerChannel;
    const session = running(accept, (channel) => {
      opened = channel;
      channels.push(channel);
      onCommand(channel);
    });
    session.on('signal', (_accept, _reject, info) => {
      signals.push(info.name);
      onSignal(info.name, opened);
    });
  },
});
const pool = new TargetPool({
  targets: [
    {
      name: 'signals',
      host: '127.0.0.1',
      port: listener.port,
      hostKey: listener.hostKey,
      dialect: 'posix',
      labels: {},
      defaultAccount: 'app',
      accounts: { app: { credential: { kind: 'key', file: makeKey(directory, 'credential').file }, home: undefined } },
    },
  ],
  limits: poolLimits,
  onHostKeyMismatch: () => {},
});
afterAll(() => {
  pool.close();
  listener.stop();
  rmSync(directory, { recursive: true, force: true });
});
const start = () => pool.run('signals', 'app', { command: 'x', environment: {} }, new AbortController().signal);

it('a signal reaches the command after our end of input', async () => {
  const command = await start();
  command.stdout.resume();
  command.stderr.resume();
  command.stdin.end();
  await once(command.stdin, 'finish');
  onSignal = (name, channel) => {
    channel.exit(name, false, '');
    channel.end();
  };
  signals.length = 0;
  command.signal('USR1');
  expect(await command.ended).toEqual({ kind: 'signal', signal: 'USR1', coreDumped: false, message: '' });
  expect(signals).toEqual(['USR1']);
});

it('close sends TERM, then KILL to a command that stays, then closes the channel', async () => {
  const command = await start();
  signals.length = 0;
  onSignal = () => {};
  command.close();
  expect((await command.ended).kind).toBe('lost');
  expect(signals).toEqual(['TERM', 'KILL']);
});

it('close ends a command that goes on writing, and nobody has to read that', async () => {
  const command = await start();
  const channel = channels.at(-1);
  const write = () => channel?.write(Buffer.alloc(64 * 1024), () => setImmediate(write));
  write();
  await once(command.stdout, 'readable');
  onSignal = (name, opened) => {
    opened.exit(name, false, '');
    opened.end();
  };
  const from = performance.now();
  command.close();
  expect(await command.ended).toMatchObject({ kind: 'signal', signal: 'TERM' });
  expect(performance.now() - from).toBeLessThan(hangMs);
});

it('the end comes when standard error was read to its end, and not before', async () => {
  onCommand = (channel) => {
    channel.stderr.write(Buffer.alloc(200_000));
    channel.exit(3);
    channel.end();
  };
  const command = await start();
  command.stdout.resume();
  let isEnded = false;
  void command.ended.then(() => {
    isEnded = true;
  });
  await once(command.stderr, 'readable');
  // The connection has carried everything, its end included, when the next command's answer is here.
  onCommand = (channel) => channel.exit(0);
  const next = await start();
  next.close();
  await next.ended;
  expect(isEnded).toBe(false);
  let bytes = 0;
  for await (const chunk of command.stderr) bytes += chunk.length;
  expect(await command.ended).toEqual({ kind: 'exit', status: 3 });
  expect(bytes).toBe(200_000);
});

it('input that waits for a window fails when the command ends', async () => {
  onCommand = () => {};
  const command = await start();
  const waiting = new Promise((resolve) => command.stdin.write(Buffer.alloc(8 << 20), resolve));
  channels.at(-1)?.exit(0);
  channels.at(-1)?.end();
  command.stdout.resume();
  command.stderr.resume();
  expect(await waiting).toMatchObject({ code: 'EPIPE' });
});
