/**
 * What a bastion costs: latency of a command, throughput and memory per idle session, side by side with plain sshd and
 * with OpenSSH's own ways of being a bastion (`ForceCommand` with a second ssh, and `ssh -J`).
 *
 * Rounds are interleaved, because a shared machine is faster in one minute than in the next. Only figures of the same run
 * compare.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import ssh2, { type Client } from 'ssh2';

/** One way to run a command on the target with OpenSSH's client. */
export interface Way {
  readonly name: string;
  /** Arguments of `ssh` up to and including the address. */
  readonly sshArguments: readonly string[];
  /** Environment that reaches the command must not differ between ways; only PATH and HOME are set. */
  readonly home: string;
}

/** Something that holds sessions open, to be weighed. */
export interface Holder {
  readonly name: string;
  /** Process whose memory, with that of its descendants, is weighed. */
  readonly pid: number;
  readonly host: string;
  readonly port: number;
  readonly username: string;
  /** Private key file. */
  readonly key: string;
}

export interface BenchOptions {
  readonly ways: readonly Way[];
  readonly holders: readonly Holder[];
  readonly rounds: number;
  /** A command that does nothing. */
  readonly latencyCommand: string;
  /** Prints `bytes` bytes. */
  readonly downloadCommand: string;
  readonly bytes: number;
  readonly downloadRounds: number;
  readonly sessions: number;
  readonly weighing: Weighing;
  readonly log: (line: string) => void;
}

interface Weighing {
  readonly batches: number;
  /** The heap shrinks some seconds after the last work. */
  readonly afterWarmUpMs: number;
  /** The least of so many weights counts: what garbage adds has gone from one of them. */
  readonly looks: number;
}

type Amounts = Pick<BenchOptions, 'rounds' | 'latencyCommand' | 'bytes' | 'downloadRounds' | 'sessions' | 'weighing'>;

/** How much is measured; quickly, to see that it works, or for figures that one may quote. */
export function amounts(isQuick: boolean): Amounts {
  return isQuick
    ? {
        rounds: 3,
        latencyCommand: 'true',
        bytes: 10_000_000,
        downloadRounds: 1,
        sessions: 8,
        weighing: { batches: 2, afterWarmUpMs: 1_000, looks: 2 },
      }
    : {
        rounds: 30,
        latencyCommand: 'true',
        bytes: 300_000_000,
        downloadRounds: 5,
        sessions: 200,
        weighing: { batches: 8, afterWarmUpMs: 10_000, looks: 7 },
      };
}

export interface BenchResult {
  readonly latency: readonly {
    readonly way: string;
    /** The first command, before anything is warm. */
    readonly coldMs: number;
    readonly medianMs: number;
    readonly p90Ms: number;
  }[];
  readonly throughput: readonly { readonly way: string; readonly medianMBps: number }[];
  readonly memory: readonly {
    readonly holder: string;
    readonly sessions: number;
    readonly processes: number;
    /** Proportional set size: shared pages are divided among those who share them. */
    readonly beforeKiB: number;
    readonly afterKiB: number;
    readonly perSessionKiB: number;
  }[];
}

export async function run(options: BenchOptions): Promise<BenchResult> {
  return {
    latency: await latency(options),
    throughput: await throughput(options),
    memory: await memory(options),
  };
}

async function latency({ ways, rounds, latencyCommand, log }: BenchOptions): Promise<BenchResult['latency']> {
  const cold = new Map<string, number>();
  for (const way of ways) cold.set(way.name, (await time(way, latencyCommand)).ms);
  const warm = new Map<string, number[]>(ways.map((way) => [way.name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const way of ways) warm.get(way.name)?.push((await time(way, latencyCommand)).ms);
  }
  return ways.map(({ name }) => {
    const times = warm.get(name) ?? [];
    const result = {
      way: name,
      coldMs: round1(cold.get(name) ?? Number.NaN),
      medianMs: round1(quantile(times, 0.5)),
      p90Ms: round1(quantile(times, 0.9)),
    };
    log(
      `latency     ${name.padEnd(24)} cold ${result.coldMs} ms, median ${result.medianMs} ms, p90 ${result.p90Ms} ms`,
    );
    return result;
  });
}

async function throughput(options: BenchOptions): Promise<BenchResult['throughput']> {
  const { ways, bytes, downloadRounds, downloadCommand, log } = options;
  const rates = new Map<string, number[]>(ways.map((way) => [way.name, []]));
  for (let round = 0; round < downloadRounds; round += 1) {
    for (const way of ways) {
      const { ms, received } = await time(way, downloadCommand);
      if (received !== bytes) throw new Error(`${way.name}: ${received} of ${bytes} bytes arrived`);
      rates.get(way.name)?.push(bytes / 1e6 / (ms / 1_000));
    }
  }
  return ways.map(({ name }) => {
    const result = { way: name, medianMBps: round1(quantile(rates.get(name) ?? [], 0.5)) };
    log(`throughput  ${name.padEnd(24)} ${result.medianMBps} MB/s`);
    return result;
  });
}

/**
 * Sessions are opened batch by batch, and the median of what a batch added counts: the program's memory also moves by
 * itself, by more than sessions weigh. Every weight is the least of several over some seconds, when garbage has gone.
 */
async function memory({ holders, sessions, weighing, log }: BenchOptions): Promise<BenchResult['memory']> {
  const results: BenchResult['memory'][number][] = [];
  const perBatch = Math.ceil(sessions / weighing.batches);
  for (const holder of holders) {
    const clients: Client[] = [];
    const open = async (count: number) => {
      for (let n = 0; n < count; n += 1) clients.push(await openIdle(holder));
    };
    // The first sessions load and compile what all others then share, and the heap grows to its working size.
    await open(sessions);
    for (const client of clients.splice(0)) client.destroy();
    await delay(weighing.afterWarmUpMs);
    const weights = [await settled(holder.pid, weighing.looks)];
    for (let batch = 0; batch < weighing.batches; batch += 1) {
      await open(perBatch);
      weights.push(await settled(holder.pid, weighing.looks));
    }
    const [before, after] = [weights[0], weights.at(-1)];
    const added = weights.slice(1).map(({ kiB }, at) => (kiB - (weights[at]?.kiB ?? Number.NaN)) / perBatch);
    const result = {
      holder: holder.name,
      sessions: clients.length,
      processes: after?.processes ?? 0,
      beforeKiB: before?.kiB ?? Number.NaN,
      afterKiB: after?.kiB ?? Number.NaN,
      perSessionKiB: round1(quantile(added, 0.5)),
    };
    log(
      `memory      ${holder.name.padEnd(24)} ${result.perSessionKiB} KiB per idle session (${added.map(round1).join(', ')}), ${result.processes} processes`,
    );
    results.push(result);
    for (const client of clients) client.destroy();
  }
  return results;
}

async function settled(pid: number, looks: number): Promise<ReturnType<typeof weigh>> {
  let least = weigh(pid);
  for (let look = 1; look < looks; look += 1) {
    await delay(500);
    const now = weigh(pid);
    if (now.kiB < least.kiB) least = now;
  }
  return least;
}

function time(way: Way, command: string): Promise<{ ms: number; received: number }> {
  return new Promise((resolve, reject) => {
    const from = performance.now();
    const child = spawn('ssh', [...way.sshArguments, command], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '', HOME: way.home },
    });
    let received = 0;
    let problem = '';
    child.stdout.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    child.stderr.on('data', (chunk: Buffer) => {
      problem += chunk;
    });
    child.once('error', reject);
    child.once('close', (status) => {
      if (status === 0) resolve({ ms: performance.now() - from, received });
      else reject(new Error(`${way.name}: ssh ended with ${status}: ${problem}`));
    });
  });
}

/** Logs in and stays. ssh2 as the client, so that the load generator weighs little itself. */
function openIdle(holder: Holder): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    client.once('ready', () => resolve(client));
    client.on('error', reject);
    client.connect({
      host: holder.host,
      port: holder.port,
      username: holder.username,
      privateKey: readFileSync(holder.key),
      authHandler: ['publickey'],
    });
  });
}

function weigh(pid: number): { readonly kiB: number; readonly processes: number } {
  const family = descendants(pid);
  const kiB = family.map(proportionalKiB).reduce((sum, one) => sum + one, 0);
  return { kiB, processes: family.length };
}

function descendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const parent = /^\d+$/.test(name) ? parentOf(Number(name)) : undefined;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const family = [pid];
  for (const one of family) family.push(...(children.get(one) ?? []));
  return family;
}

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    // It has ended since the directory was read.
    return undefined;
  }
}

function proportionalKiB(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function quantile(values: readonly number[], at: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? Number.NaN;
}

function round1(value: number): number {
  return Math.round(value * 10) / 10;
}
