/**
 * The whole program (judging, audit, recording, masking) compared with plain sshd and with OpenSSH's own bastions.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { makeKey } from '../support/keys.ts';
import { comparable } from './bastion.ts';
import { startOpensshWays } from './openssh.ts';
import { amounts, type BenchResult, run as compare } from './ssh.ts';

const main = new URL('../../dist/main.js', import.meta.url).pathname;
const policies = new URL('../../policies', import.meta.url).pathname;

export async function run(isQuick: boolean, log: (line: string) => void): Promise<BenchResult> {
  const directory = mkdtempSync(join(tmpdir(), 'sallyport-bench-'));
  const measured = amounts(isQuick);
  const openssh = await startOpensshWays(directory, measured.bytes);
  const agent = makeKey(directory, 'agent');
  const hostKey = makeKey(directory, 'bastion');
  cpSync(policies, join(directory, 'policies'), { recursive: true });
  const { target } = openssh;
  const config = join(directory, 'sallyport.yaml');
  writeFileSync(
    config,
    `version: 1
state_directory: state
policy: policies/default.yaml
ssh: { listen: '127.0.0.1:0', host_key_file: '${hostKey.file}', limits: { max_sessions_per_agent: 1000 } }
web: { listen: '127.0.0.1:0' }
reviewers: [{ name: maya, email: maya@example.com }, { name: sam, email: sam@example.com }]
targets:
  - name: web-1
    host: ${target.host}
    port: ${target.port}
    host_key: ${target.hostKey.publicLine}
    shell: posix
    accounts: { ${target.account}: { key_file: '${target.credential.file}' } }
agents: [{ name: robot, owner: sam, keys: ['${agent.publicLine}'], targets: { web-1: [${target.account}] } }]
`,
    { mode: 0o600 },
  );
  const bastion = spawn(process.execPath, ['--v8-pool-size=1', main, 'serve', '--config', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const { way, holder } = comparable(directory, {
    name: 'Sallyport',
    pid: bastion.pid ?? 0,
    port: await readyPort(bastion.stderr),
    hostKeyLine: hostKey.publicLine,
    key: agent.file,
    address: 'web-1',
  });
  try {
    return await compare({
      ways: [...openssh.ways, way],
      holders: [...openssh.holders, holder],
      ...measured,
      downloadCommand: `cat ${openssh.file}`,
      log,
    });
  } finally {
    bastion.kill();
    await once(bastion, 'exit');
    await openssh.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The program says so in its log, one JSON object a line. */
async function readyPort(log: NodeJS.ReadableStream): Promise<number> {
  for await (const line of createInterface(log)) {
    const record = JSON.parse(line) as { readonly msg?: string; readonly ssh?: { readonly port: number } };
    if (record.msg === 'ready' && record.ssh !== undefined) {
      log.resume();
      return record.ssh.port;
    }
    if (record.msg !== undefined && /refused|stopping/.test(record.msg))
      throw new Error(`the program did not start: ${line}`);
  }
  throw new Error('the program ended before it was ready');
}
