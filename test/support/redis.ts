/** A real redis-server of the test's own, on a Unix socket in a temporary directory. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestRedis {
  /** Path of the socket; ioredis takes it as `{ path }`. */
  readonly socket: string;
  readonly directory: string;
  /** SIGKILL, as a machine that dies. */
  kill(): Promise<void>;
  /** Starts again after `kill`; `empty` forgets everything it knew. */
  restart(how?: { readonly empty: boolean }): Promise<void>;
  /** SIGSTOP and SIGCONT: up, and answering nothing. */
  hang(): void;
  resume(): void;
  /** One command in the inline protocol; the first line of the answer. */
  command(text: string): Promise<string>;
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Rejects with what to install when there is no redis-server: these tests are not skipped. */
export async function startRedis(): Promise<TestRedis> {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-redis-'));
  const socket = join(directory, 'redis.sock');
  let child = await start(directory, socket);
  const kill = async () => {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await gone;
  };
  return {
    socket,
    directory,
    kill,
    async restart(how = { empty: false }) {
      if (how.empty) rmSync(join(directory, 'appendonlydir'), { recursive: true, force: true });
      rmSync(socket, { force: true });
      child = await start(directory, socket);
    },
    hang: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    command: (text) => ask(socket, text),
    flush: async () => void (await ask(socket, 'FLUSHALL')),
    async close() {
      child.kill('SIGCONT');
      await kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function start(directory: string, socket: string): Promise<ChildProcess> {
  const options = ['--port', '0', '--unixsocket', socket, '--dir', directory, '--save', ''];
  const durable = ['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory-policy', 'noeviction'];
  const child = spawn('redis-server', [...options, ...durable], { stdio: 'ignore' });
  const failed = new Promise<never>((_, reject) => {
    child.once('error', () => reject(new Error('these tests need redis-server (apt-get install redis-server)')));
    child.once('exit', (status) => reject(new Error(`redis-server ended with status ${status}`)));
  });
  failed.catch(() => undefined);
  const isOver = () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  await Promise.race([answers(socket, isOver), failed]);
  if (isOver()) await failed;
  return child;
}

async function answers(socket: string, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    const answer = await ask(socket, 'PING').catch(() => '');
    if (answer === '+PONG') return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function ask(socket: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const connection = connect(socket, () => connection.write(`${text}\r\n`));
    connection.once('data', (data) => {
      connection.destroy();
      resolve(data.toString().split('\r\n')[0] ?? '');
    });
    connection.once('error', reject);
  });
}
