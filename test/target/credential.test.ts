import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { TargetPool } from '../../src/target/pool.ts';
import { makeKey } from '../support/keys.ts';
import { poolLimits } from '../support/limits.ts';
import { startSshd } from '../support/sshd.ts';

const directory = mkdtempSync(join(tmpdir(), 'sallyport-agent-'));
const sshd = await startSshd(directory);
const socket = join(directory, 'agent.sock');
let agent: ChildProcess;
beforeAll(async () => {
  agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(agent.stdout ?? agent, 'data');
  for (let n = 0; n < 8; n += 1) {
    execFileSync('ssh-add', ['-q', makeKey(directory, `other-${n}`).file], { env: { SSH_AUTH_SOCK: socket } });
  }
  execFileSync('ssh-add', ['-q', sshd.credential.file], { env: { SSH_AUTH_SOCK: socket } });
});
afterAll(async () => {
  agent.kill();
  await sshd.stop();
  rmSync(directory, { recursive: true, force: true });
});

function poolWith(fingerprint: string | undefined): TargetPool {
  const pool = new TargetPool({
    targets: [
      {
        name: 'web-1',
        host: sshd.host,
        port: sshd.port,
        hostKey: sshd.hostKey.publicLine,
        dialect: 'posix',
        labels: {},
        defaultAccount: sshd.account,
        accounts: { [sshd.account]: { credential: { kind: 'ssh-agent', socket, fingerprint }, home: undefined } },
      },
    ],
    limits: poolLimits,
    onHostKeyMismatch: () => {},
  });
  onTestFinished(() => pool.close());
  return pool;
}

it('an ssh-agent signs, with the key the fingerprint names', async () => {
  await poolWith(sshd.credential.fingerprint).warm('web-1', sshd.account);
});

it('without a fingerprint all keys are offered, and sshd gives up after six', async () => {
  await expect(poolWith(undefined).warm('web-1', sshd.account)).rejects.toThrow();
});

it('a fingerprint the ssh-agent does not have is a refused login', async () => {
  await expect(poolWith('SHA256:none').warm('web-1', sshd.account)).rejects.toMatchObject({
    code: 'TARGET_LOGIN_REFUSED',
  });
});
