/**
 * Starts everything one SSH test needs on free ports and registers its clean-up: a real sshd as target, a pool, the
 * server, an agent with a key. Tests are then three lines.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditEvent } from '../../src/audit/event.ts';
import type { AgentConfig, PoolLimits, SshLimits, TargetConfig } from '../../src/config.ts';
import type { Ending, ExecRequest } from '../../src/gate/ports.ts';
import { ConfiguredAgents } from '../../src/ssh/agents.ts';
import { SshServer } from '../../src/ssh/server.ts';
import { TargetPool } from '../../src/target/pool.ts';
import { whenDone } from './cleanup.ts';
import { type KeyFile, makeKey } from './keys.ts';
import { poolLimits, sshLimits } from './limits.ts';
import { passthrough } from './passthrough.ts';
import { type Sshd, startSshd } from './sshd.ts';

export interface RunResult {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface TestSession {
  readonly directory: string;
  readonly port: number;
  readonly target: Sshd;
  readonly agents: ConfiguredAgents;
  readonly agent: AgentConfig;
  readonly key: KeyFile;
  readonly pool: TargetPool;
  readonly server: SshServer;
  readonly events: AuditEvent[];
  readonly fatal: unknown[];
  /** Resolves with the first event, past or future, that fits. */
  event<Name extends AuditEvent['event']>(
    name: Name,
    fits?: (event: Extract<AuditEvent, { event: Name }>) => boolean,
  ): Promise<Extract<AuditEvent, { event: Name }>>;
  /** Arguments of OpenSSH's `ssh` up to and including the address. */
  sshArguments(options?: readonly string[], address?: string): string[];
  /** Runs `ssh … command` to its end. */
  ssh(command: string | undefined, options?: SshOptions): Promise<RunResult>;
  spawnSsh(command: string, options?: SshOptions): ChildProcessWithoutNullStreams;
}

export interface SshOptions {
  readonly args?: readonly string[];
  readonly address?: string;
  readonly input?: Buffer | string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface TestSessionOptions {
  readonly limits?: Partial<SshLimits>;
  readonly pool?: Partial<PoolLimits & Pick<SshLimits, 'rekeyBytes' | 'rekeyMs'>>;
  readonly sshd?: readonly string[];
  readonly agent?: Partial<AgentConfig>;
  readonly run?: (pool: TargetPool) => (request: ExecRequest) => Promise<Ending>;
  /** An error here is what writing the audit log fails with. */
  readonly isAuditDead?: () => Error | undefined;
  readonly changeTarget?: (config: TargetConfig) => TargetConfig;
}

/** Call at the top of a `describe` or file: `const session = await startTestSession()`. */
export async function startTestSession(options: TestSessionOptions = {}): Promise<TestSession> {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-test-'));
  const target = await startSshd(directory, options.sshd);
  const key = makeKey(directory, 'agent');
  const hostKey = makeKey(directory, 'bastion');
  const agent: AgentConfig = {
    name: 'robot',
    owner: 'olga',
    keys: [key.publicLine],
    expiresAtMs: undefined,
    labels: {},
    targets: { 'web-1': [target.account] },
    isDisabled: false,
    ...options.agent,
  };
  const config: TargetConfig = {
    name: 'web-1',
    host: target.host,
    port: target.port,
    hostKey: target.hostKey.publicLine,
    dialect: 'posix',
    labels: {},
    defaultAccount: target.account,
    accounts: { [target.account]: { credential: { kind: 'key', file: target.credential.file }, home: undefined } },
  };
  const events: AuditEvent[] = [];
  const listeners = new Set<(event: AuditEvent) => void>();
  const record = (event: AuditEvent) => {
    events.push(event);
    for (const listener of listeners) listener(event);
  };
  const fatal: unknown[] = [];
  const pool = new TargetPool({
    targets: [options.changeTarget?.(config) ?? config],
    limits: { ...poolLimits, ...options.pool },
    onHostKeyMismatch: ({ target: name, offered, pinned }) =>
      record({ event: 'target.changed', target: name, change: `${pinned} → ${offered}`, by: 'network' }),
  });
  const agents = new ConfiguredAgents([agent]);
  const server = new SshServer({
    listen: { host: '127.0.0.1', port: 0 },
    hostKeys: [readFileSync(hostKey.file)],
    limits: { ...sshLimits, ...options.limits },
    agents,
    targets: pool,
    audit: {
      append: async (event) => {
        const problem = options.isAuditDead?.();
        if (problem !== undefined) throw problem;
        record(event);
      },
    },
    run: (options.run ?? passthrough)(pool),
    onFatal: (error) => fatal.push(error),
  });
  const { port } = await server.listen();
  const knownHosts = join(directory, 'known_hosts');
  writeFileSync(knownHosts, `[127.0.0.1]:${port} ${hostKey.publicLine}\n`);
  whenDone(async () => {
    await server.close(0);
    pool.close();
    await target.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const sshArguments = (args: readonly string[] = [], address = 'web-1') => [
    '-F',
    'none',
    '-i',
    key.file,
    '-o',
    'IdentitiesOnly=yes',
    '-o',
    'IdentityAgent=none',
    '-o',
    `UserKnownHostsFile=${knownHosts}`,
    '-o',
    'StrictHostKeyChecking=yes',
    '-o',
    'BatchMode=yes',
    '-p',
    String(port),
    ...args,
    `${address}@127.0.0.1`,
  ];
  const spawnSsh = (command: string | undefined, { args, address, env }: SshOptions = {}) =>
    spawn('ssh', [...sshArguments(args, address), ...(command === undefined ? [] : [command])], {
      env: { PATH: process.env.PATH ?? '', HOME: directory, ...env },
    });
  return {
    directory,
    port,
    target,
    agents,
    agent,
    key,
    pool,
    server,
    events,
    fatal,
    sshArguments,
    spawnSsh,
    event: (name, fits = () => true) =>
      new Promise((resolve) => {
        const look = (event: AuditEvent) => {
          if (!isNamed(event, name) || !fits(event)) return false;
          resolve(event);
          listeners.delete(look);
          return true;
        };
        if (!events.some(look)) listeners.add(look);
      }),
    ssh: (command, sshOptions = {}) => finish(spawnSsh(command, sshOptions), sshOptions.input),
  };
}

function isNamed<Name extends AuditEvent['event']>(
  event: AuditEvent,
  name: Name,
): event is Extract<AuditEvent, { event: Name }> {
  return event.event === name;
}

/** Collects the output of a child until it is closed. */
export function finish(child: ChildProcessWithoutNullStreams, input?: Buffer | string): Promise<RunResult> {
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (chunk) => stdout.push(chunk));
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  // A command that does not read its input closes the pipe.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, stdout: Buffer.concat(stdout), stderr }));
  });
}
