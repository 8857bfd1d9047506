import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { type KeyFile, makeKey } from './keys.ts';

export interface Sshd {
  readonly host: string;
  readonly port: number;
  /** Account the tests run as: sshd that is not root can only log in to its own. */
  readonly account: string;
  readonly hostKey: KeyFile;
  /** Log in with this. */
  readonly credential: KeyFile;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

/** A real sshd on a free port with keys of its own. `settings` are lines of sshd_config. */
export async function startSshd(directory: string, settings: readonly string[] = []): Promise<Sshd> {
  const home = join(directory, `sshd-${Math.random().toString(36).slice(2)}`);
  mkdirSync(home, { mode: 0o700 });
  const hostKey = makeKey(home, 'host');
  const credential = makeKey(home, 'credential');
  writeFileSync(join(home, 'authorized_keys'), `${credential.publicLine}\n`, { mode: 0o600 });
  // sshd refuses to start without its privilege separation directory.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  for (let tries = 0; ; tries += 1) {
    const port = await freePort();
    const config = join(home, 'sshd_config');
    const lines = [
      ...settings,
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${hostKey.file}`,
      `AuthorizedKeysFile ${join(home, 'authorized_keys')}`,
      'PidFile none',
      'UsePAM no',
      'StrictModes no',
      'PermitRootLogin prohibit-password',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'AcceptEnv LANG LC_* TERM',
      // Or bash reads ~/.bashrc for every command of sshd, and what this machine has there is not what is tested.
      'SetEnv SHLVL=2',
      'MaxStartups 200',
      'Subsystem sftp internal-sftp',
    ];
    writeFileSync(config, `${lines.join('\n')}\n`);
    const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', config], { stdio: ['ignore', 'ignore', 'pipe'] });
    // A test process that dies in the middle leaves no listener behind.
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    let log = '';
    child.stderr.on('data', (chunk) => {
      log = (log + chunk).slice(-20_000);
    });
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const isUp = await listens(port, child);
    if (!isUp && tries < 3) continue;
    if (!isUp) throw new Error(`sshd did not start:\n${log}`);
    return {
      host: '127.0.0.1',
      port,
      account: userInfo().username,
      hostKey,
      credential,
      process: child,
      stop: async () => {
        child.kill('SIGTERM');
        await exited;
      },
    };
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address === null || typeof address === 'string' ? reject() : resolve(address.port)));
    });
  });
}

async function listens(port: number, child: ChildProcess): Promise<boolean> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (child.exitCode !== null) return false;
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = createConnection(port, '127.0.0.1');
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (isOpen) return true;
    // Not a wait for something to have happened: the loop above is what decides.
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return false;
}
