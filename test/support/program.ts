/**
 * The built program, as a newcomer starts it, and a real OpenSSH client to talk to it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

const main = new URL('../../dist/main.js', import.meta.url).pathname;
/** A second on a machine that is free; starting is mostly loading code, which other programs slow down most. */
const readyTimeoutMs = 60_000;

export interface RunFile {
  readonly ssh: { readonly host: string; readonly port: number };
  readonly web: { readonly url: string };
  readonly mailbox: { readonly url: string };
  readonly agent: { readonly name: string; readonly key: string };
  readonly knownHosts: string;
  readonly target: string;
  readonly reviewer: { readonly email: string; readonly apiToken: string };
}

export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SshOptions {
  readonly options?: readonly string[];
  readonly stdin?: string | Buffer;
  readonly target?: string;
  /** Private key of another agent than the one of `start`. */
  readonly key?: string;
}

export class Program {
  readonly directory: string;
  readonly run: RunFile;
  readonly child: ChildProcess;
  readonly #output: { text: string };

  constructor(directory: string, run: RunFile, child: ChildProcess, output: { text: string }) {
    this.directory = directory;
    this.run = run;
    this.child = child;
    this.#output = output;
  }

  /** Everything it printed so far, both streams. */
  get output(): string {
    return this.#output.text;
  }

  spawnSsh(command: string, { options = [], target = 'sandbox', key }: SshOptions = {}): ChildProcess {
    return spawn('ssh', [...this.sshArguments(options, key), `${target}@${this.run.ssh.host}`, command], {
      stdio: 'pipe',
    });
  }

  sshArguments(options: readonly string[] = [], key = this.run.agent.key): string[] {
    const settings = [
      'IdentitiesOnly=yes',
      'BatchMode=yes',
      'StrictHostKeyChecking=yes',
      `UserKnownHostsFile=${this.run.knownHosts}`,
    ];
    return [
      '-F',
      'none',
      '-p',
      String(this.run.ssh.port),
      '-i',
      key,
      ...[...settings, ...options].flatMap((o) => ['-o', o]),
    ];
  }

  async ssh(command: string, options: SshOptions = {}): Promise<Finished> {
    const child = this.spawnSsh(command, options);
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.stdin ?? '');
    return finish(child);
  }

  cli(...args: readonly string[]): Promise<Finished> {
    return runCli(args);
  }

  api(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${this.run.reviewer.apiToken}`, 'content-type': 'application/json' };
    return fetch(`${this.run.web.url}/api/v1${path}`, { ...init, headers });
  }

  /** Waits for the one pending hold. */
  async pendingHold(): Promise<{ readonly id: string; readonly [field: string]: unknown }> {
    return poll(async () => {
      const answer = await this.api('/holds?state=pending');
      // A store that is just coming back is asked again.
      if (!answer.ok) return undefined;
      return ((await answer.json()) as { holds: { id: string }[] }).holds[0];
    });
  }

  async decide(id: string, decision: 'approve' | 'reject', reason = ''): Promise<Response> {
    return this.api(`/holds/${id}/decisions`, { method: 'POST', body: JSON.stringify({ decision, reason }) });
  }

  auditRecords(): readonly Record<string, unknown>[] {
    return readFileSync(join(this.directory, 'audit', '000001.ndjson'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Ctrl-C; resolves with the exit status. */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode;
    const gone = once(this.child, 'exit') as Promise<[number | null]>;
    this.child.kill(signal);
    return (await gone)[0];
  }
}

/** Starts it in a directory of its own on free ports; stopped and removed when the test is over. */
export async function startProgram(
  options: { readonly directory?: string; readonly args?: readonly string[] } = {},
): Promise<Program> {
  const directory = options.directory ?? join(mkdtempSync(join(tmpdir(), 'sallyport-e2e-')), 'state');
  const ports = ['--ssh-port', '0', '--web-port', '0', '--mailbox-port', '0'];
  const child = spawn(process.execPath, [main, 'start', '--dir', directory, ...ports, ...(options.args ?? [])], {
    stdio: 'pipe',
  });
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output.text += String(chunk)));
  const run = await poll(() => {
    if (child.exitCode !== null) throw new Error(`the program ended with ${child.exitCode}:\n${output.text}`);
    if (!output.text.includes('Ctrl-C stops it')) return undefined;
    return JSON.parse(readFileSync(join(directory, 'run.json'), 'utf8')) as RunFile;
  }, readyTimeoutMs);
  const program = new Program(directory, run, child, output);
  onTestFinished(async () => {
    await program.stop('SIGKILL');
    if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
  });
  return program;
}

export function runCli(args: readonly string[], stdin = ''): Promise<Finished> {
  const child = spawn(process.execPath, [main, ...args], { stdio: 'pipe' });
  child.stdin.end(stdin);
  return finish(child);
}

export async function finish(child: ChildProcess): Promise<Finished> {
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout?.on('data', (chunk: Buffer) => chunks.stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => chunks.stderr.push(chunk));
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, stdout: Buffer.concat(chunks.stdout).toString(), stderr: Buffer.concat(chunks.stderr).toString() };
}

/** Asks again until there is an answer; for what another process does in its own time. */
export async function poll<T>(ask: () => Promise<T | undefined> | T | undefined, timeoutMs = 10_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`no answer within ${timeoutMs} ms`);
    await delay(25);
  }
}
