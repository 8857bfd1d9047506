/**
 * The surroundings of the benchmark: a target, and OpenSSH as a bastion in its two usual ways. The bastion under test is
 * given by the caller.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Sshd, startSshd } from '../support/sshd.ts';
import type { Holder, Way } from './ssh.ts';

export interface OpensshWays {
  readonly target: Sshd;
  readonly ways: readonly Way[];
  readonly holders: readonly Holder[];
  /** Path of a file of `bytes` bytes on the target. */
  readonly file: string;
  stop(): Promise<void>;
}

export async function startOpensshWays(directory: string, bytes: number): Promise<OpensshWays> {
  const target = await startSshd(directory, ['MaxSessions 100']);
  const jump = await startSshd(directory, ['MaxSessions 100']);
  const inner = ['ssh', ...common(directory, target), ...to(target)].join(' ');
  const force = await startSshd(directory, [`ForceCommand ${inner} "$SSH_ORIGINAL_COMMAND"`]);
  const knownHosts = [target, jump, force].map((sshd) => `[${sshd.host}]:${sshd.port} ${sshd.hostKey.publicLine}\n`);
  writeFileSync(join(directory, 'known_hosts'), knownHosts.join(''));
  const file = join(directory, 'payload');
  writeFileSync(file, Buffer.alloc(bytes, 'sallyport '));
  // -J has no options of its own for the first hop, so the hop is a ProxyCommand as ssh itself would build it.
  const proxy = ['ssh', ...common(directory, jump), '-W', '%h:%p', ...to(jump)].join(' ');
  return {
    target,
    file,
    ways: [
      { name: 'plain sshd', sshArguments: [...common(directory, target), ...to(target)], home: directory },
      { name: 'OpenSSH ForceCommand', sshArguments: [...common(directory, force), ...to(force)], home: directory },
      {
        name: 'OpenSSH -J',
        sshArguments: [...common(directory, target), '-o', `ProxyCommand=${proxy}`, ...to(target)],
        home: directory,
      },
    ],
    holders: [
      {
        name: 'sshd',
        pid: target.process.pid ?? 0,
        host: target.host,
        port: target.port,
        username: target.account,
        key: target.credential.file,
      },
    ],
    stop: async () => {
      await Promise.all([target.stop(), jump.stop(), force.stop()]);
    },
  };
}

function common(directory: string, { credential }: Sshd): string[] {
  const options = [
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    'BatchMode=yes',
    `UserKnownHostsFile=${directory}/known_hosts`,
  ];
  return ['-F', 'none', '-i', credential.file, ...options.flatMap((option) => ['-o', option])];
}

function to({ host, port, account }: Sshd): string[] {
  return ['-p', String(port), `${account}@${host}`];
}
