/** Several real redis-server processes on loopback: a primary with a replica and sentinels, a cluster, one with TLS. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface RedisProcess {
  readonly port: number;
  readonly child: ChildProcess;
  kill(): Promise<void>;
  /** One command; what redis-cli prints. */
  cli(...words: readonly string[]): Promise<string>;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

/** Servers that end together, in a directory of their own. */
export class RedisServers {
  readonly directory = mkdtempSync(join(tmpdir(), 'sallyport-redis-'));
  readonly #running: RedisProcess[] = [];

  /** Answers when this resolves. */
  async start(options: readonly string[], how: StartTerms = {}): Promise<RedisProcess> {
    const started = await startServer(this.directory, options, how);
    this.#running.push(started);
    return started;
  }

  async close(): Promise<void> {
    await Promise.all(this.#running.map(({ kill }) => kill()));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export interface StartTerms {
  readonly port?: number;
  /** How redis-cli reaches it. */
  readonly ask?: readonly string[];
  /** The lines of a sentinel's configuration. */
  readonly sentinel?: string;
}

const durable = ['--save', '', '--appendonly', 'yes', '--maxmemory-policy', 'noeviction'];
/** A replica of a test need not wait for others that may come. */
const prompt = ['--repl-diskless-sync-delay', '0'];

async function startServer(directory: string, options: readonly string[], how: StartTerms): Promise<RedisProcess> {
  const port = how.port ?? (await freePort());
  const home = join(directory, String(port));
  // There already when a server comes back.
  mkdirSync(home, { recursive: true });
  const words =
    how.sentinel === undefined
      ? ['--port', String(port), ...durable, ...prompt]
      : [sentinelFile(home, how.sentinel, port)];
  const mode = how.sentinel === undefined ? [] : ['--sentinel'];
  const child = spawn('redis-server', [...words, '--bind', '127.0.0.1', '--dir', home, ...options, ...mode], {
    stdio: 'ignore',
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const kill = async () => {
    child.kill('SIGCONT');
    child.kill('SIGKILL');
    await gone;
  };
  const ask = how.ask ?? ['-p', String(port)];
  const cli = async (...command: readonly string[]) => (await run('redis-cli', [...ask, ...command])).stdout.trim();
  const deadline = Date.now() + 30_000;
  while ((await cli('PING').catch(() => '')) !== 'PONG') {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error('redis-server does not answer');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { port, child, kill, cli };
}

/** Sentinels write into their own configuration. */
function sentinelFile(home: string, text: string, port: number): string {
  const file = join(home, 'sentinel.conf');
  writeFileSync(file, `port ${port}\n${text}`);
  return file;
}

export interface SentinelSetUp {
  readonly primary: RedisProcess;
  readonly replicas: readonly RedisProcess[];
  readonly sentinels: readonly RedisProcess[];
  readonly url: string;
}

/** Three sentinels that call a primary `gate`, and see after half a second that it is gone. */
export async function startSentinels(servers: RedisServers, replicaCount: number): Promise<SentinelSetUp> {
  const primary = await servers.start([]);
  const replicas = await Promise.all(
    Array.from({ length: replicaCount }, () => servers.start(['--replicaof', '127.0.0.1', String(primary.port)])),
  );
  const sentinel = [
    `sentinel monitor gate 127.0.0.1 ${primary.port} 2`,
    'sentinel down-after-milliseconds gate 500',
    'sentinel failover-timeout gate 3000',
    '',
  ].join('\n');
  const sentinels = await Promise.all([0, 1, 2].map(() => servers.start([], { sentinel })));
  const url = `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')}/gate`;
  await until(async () => {
    const text = await primary.cli('INFO', 'replication');
    return text.split('state=online').length - 1 === replicaCount;
  });
  await until(async () => {
    const seen = await Promise.all(sentinels.map(({ cli }) => cli('SENTINEL', 'MASTER', 'gate')));
    const all = new RegExp(`num-slaves\\n${replicaCount}\\nnum-other-sentinels\\n2\\n`);
    return seen.every((text) => all.test(text));
  });
  return { primary, replicas, sentinels, url };
}

/** Three primaries. */
export async function startCluster(servers: RedisServers): Promise<{
  readonly primaries: readonly RedisProcess[];
  readonly url: string;
}> {
  const options = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '5000'];
  const primaries = await Promise.all([0, 1, 2].map(async () => servers.start(options, { port: await clusterPort() })));
  const addresses = primaries.map(({ port }) => `127.0.0.1:${port}`);
  await run('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes']);
  for (const { cli } of primaries) await until(async () => (await cli('CLUSTER', 'INFO')).includes('cluster_state:ok'));
  return { primaries, url: `redis+cluster://${addresses.join(',')}` };
}

/** The bus listens ten thousand ports higher. */
async function clusterPort(): Promise<number> {
  for (;;) {
    const port = await freePort();
    if (port < 55_000) return port;
  }
}

/** A sentinel whose clock jumped, as on a machine with no time for it, acts on nothing for 30 s (TILT): that too passes. */
export async function until(look: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 75_000;
  while (!(await look())) {
    if (Date.now() > deadline) throw new Error('not within 75 s');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
