/**
 * The sandbox target of `npm start`: a small real SSH server in a process of its own that runs commands with the
 * local shell in a scratch directory. For trying Sallyport out, on loopback only; it confines nothing.
 *
 * Started by `sandbox.ts` over IPC; ends when its parent does.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import ssh2 from 'ssh2';

export interface SandboxOrder {
  readonly hostKey: string;
  /** OpenSSH public key line of the bastion. */
  readonly authorizedKey: string;
  readonly account: string;
  readonly directory: string;
}
export interface SandboxReady {
  readonly port: number;
}

const shell = existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh';

async function runCommand(channel: ssh2.ServerChannel, command: string, directory: string): Promise<void> {
  const child = spawn(shell, ['-c', command], {
    cwd: directory,
    env: { PATH: process.env.PATH ?? '/usr/local/bin:/usr/bin:/bin', HOME: directory, LANG: 'C.UTF-8', SHELL: shell },
    stdio: 'pipe',
    // Its own group, so that the end of the channel ends what the command started.
    detached: true,
  });
  const killGroup = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Already gone.
    }
  };
  channel.on('close', killGroup);
  channel.on('signal', (_accept: unknown, _reject: unknown, info: { name: string }) => {
    child.kill(`SIG${info.name}` as NodeJS.Signals);
  });
  child.stdin.on('error', () => undefined);
  channel.pipe(child.stdin);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  channel.off('close', killGroup);
  if (signal === null) channel.exit(code ?? 255);
  else channel.exit(signal.replace('SIG', ''), false, '');
  channel.end();
}

function serve(order: SandboxOrder): void {
  mkdirSync(order.directory, { recursive: true, mode: 0o700 });
  const allowed = ssh2.utils.parseKey(order.authorizedKey);
  if (allowed instanceof Error) throw allowed;
  const server = new ssh2.Server({ hostKeys: [order.hostKey] }, (client) => {
    client.on('error', () => undefined);
    client.on('authentication', (context) => {
      const isKnown =
        context.method === 'publickey' &&
        context.username === order.account &&
        allowed.getPublicSSH().equals(context.key.data);
      if (!isKnown) return context.reject(['publickey']);
      if (context.signature === undefined) return context.accept();
      const isSigned =
        context.blob !== undefined && allowed.verify(context.blob, context.signature, context.hashAlgo) === true;
      return isSigned ? context.accept() : context.reject(['publickey']);
    });
    client.on('session', (acceptSession) => {
      const session = acceptSession();
      session.on('error', () => undefined);
      session.on('env', (accept) => accept?.());
      session.on('exec', (acceptExec, _reject, info) => {
        const channel = acceptExec();
        channel.on('error', () => undefined);
        channel.stderr.on('error', () => undefined);
        runCommand(channel, info.command, order.directory).catch(() => channel.close());
      });
    });
  });
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    if (typeof address === 'object' && address !== null) process.send?.({ port: address.port } satisfies SandboxReady);
  });
}

process.once('message', (order: SandboxOrder) => serve(order));
// The parent going away, however it went, ends the sandbox; nothing is left behind.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// Ctrl-C reaches the whole process group; the parent decides when the sandbox ends.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
