/**
 * Weighs the two SSH legs alone: the server and the pool of Sallyport with a gate that judges nothing. What the whole
 * program adds to this is the price of judging, recording and auditing.
 *
 * `tsx test/bench/legs.ts [--quick]`. Started with `--serve FILE` it is the bastion, in a process of its own.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { AgentConfig, TargetConfig } from '../../src/config.ts';
import { ConfiguredAgents } from '../../src/ssh/agents.ts';
import { SshServer } from '../../src/ssh/server.ts';
import { TargetPool } from '../../src/target/pool.ts';
import { makeKey } from '../support/keys.ts';
import { poolLimits, sshLimits } from '../support/limits.ts';
import { passthrough } from '../support/passthrough.ts';
import { comparable } from './bastion.ts';
import { startOpensshWays } from './openssh.ts';
import { amounts, run } from './ssh.ts';

interface Serving {
  readonly hostKey: string;
  readonly agent: AgentConfig;
  readonly target: TargetConfig;
}

async function serve(file: string): Promise<void> {
  const { hostKey, agent, target }: Serving = JSON.parse(readFileSync(file, 'utf8'));
  const pool = new TargetPool({ targets: [target], limits: poolLimits, onHostKeyMismatch: () => {} });
  const server = new SshServer({
    listen: { host: '127.0.0.1', port: 0 },
    hostKeys: [readFileSync(hostKey)],
    limits: { ...sshLimits, maxSessionsPerAgent: 1_000 },
    agents: new ConfiguredAgents([agent]),
    targets: pool,
    audit: { append: async () => {} },
    run: passthrough(pool),
    onFatal: (error) => {
      throw error;
    },
  });
  process.stdout.write(`${(await server.listen()).port}\n`);
}

async function measure(isQuick: boolean): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const measured = amounts(isQuick);
  const openssh = await startOpensshWays(directory, measured.bytes);
  const { target } = openssh;
  const hostKey = makeKey(directory, 'bastion');
  const agentKey = makeKey(directory, 'agent');
  const serving: Serving = {
    hostKey: hostKey.file,
    agent: {
      name: 'robot',
      owner: 'olga',
      keys: [agentKey.publicLine],
      expiresAtMs: undefined,
      labels: {},
      targets: { 'web-1': [target.account] },
      isDisabled: false,
    },
    target: {
      name: 'web-1',
      host: target.host,
      port: target.port,
      hostKey: target.hostKey.publicLine,
      dialect: 'posix',
      labels: {},
      defaultAccount: target.account,
      accounts: { [target.account]: { credential: { kind: 'key', file: target.credential.file }, home: undefined } },
    },
  };
  const file = join(directory, 'serving.json');
  writeFileSync(file, JSON.stringify(serving));
  const args = [...process.execArgv, new URL(import.meta.url).pathname, '--serve', file];
  const bastion = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = await once(createInterface(bastion.stdout), 'line');
  const { way, holder } = comparable(directory, {
    name: 'Sallyport legs',
    pid: bastion.pid ?? 0,
    port: Number(port),
    hostKeyLine: hostKey.publicLine,
    key: agentKey.file,
    address: 'web-1',
  });
  try {
    const result = await run({
      ways: [...openssh.ways, way],
      holders: [...openssh.holders, holder],
      ...measured,
      downloadCommand: `cat ${openssh.file}`,
      log: (line) => process.stderr.write(`${line}\n`),
    });
    process.stdout.write(`${JSON.stringify(result)}\n`);
  } finally {
    bastion.kill();
    await openssh.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

const [flag, file] = process.argv.slice(2);
if (flag === '--serve' && file !== undefined) await serve(file);
else await measure(flag === '--quick');
