/**
 * A target made of ssh2's own server, for what real sshd will not do on demand: take signals from root, refuse or never
 * answer a channel, vanish. Real SSH over a real socket; only the command behind it is made up.
 */
import { readFileSync } from 'node:fs';
import ssh2, { type Connection, type ServerChannel, type Session } from 'ssh2';
import { makeKey } from './keys.ts';

export interface Listener {
  readonly port: number;
  /** Line to pin. */
  readonly hostKey: string;
  readonly connections: Connection[];
  /** How often somebody tried to log in. */
  readonly loginCount: () => number;
  stop(): void;
}

export interface ListenerBehaviour {
  /** Called for each session channel; not calling `accept` leaves the opener waiting. */
  readonly onSession: (accept: () => Session, reject: () => void, connection: Connection) => void;
  readonly onAuthentication?: 'accept' | 'reject' | 'ignore';
  readonly hostKeyType?: string;
}

export async function startListener(directory: string, behaviour: ListenerBehaviour): Promise<Listener> {
  const type = behaviour.hostKeyType ?? 'ed25519';
  const key = makeKey(directory, `listener-${Math.random().toString(36).slice(2)}`, type);
  const connections: Connection[] = [];
  let logins = 0;
  const server = new ssh2.Server({ hostKeys: [readFileSync(key.file)] }, (connection) => {
    connections.push(connection);
    connection.on('error', () => {});
    connection.on('authentication', (context) => {
      logins += 1;
      if (behaviour.onAuthentication === 'reject') context.reject();
      else if (behaviour.onAuthentication !== 'ignore') context.accept();
    });
    connection.on('session', (accept, reject) => behaviour.onSession(accept, reject, connection));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return {
    port: address.port,
    hostKey: key.publicLine,
    connections,
    loginCount: () => logins,
    stop: () => {
      for (const connection of connections) connection.end();
      server.close();
    },
  };
}

/** A session that starts every command and hands its channel over. */
export function running(accept: () => Session, onCommand: (channel: ServerChannel, command: string) => void): Session {
  const session = accept();
  session.on('exec', (acceptExec, _reject, info) => onCommand(acceptExec(), info.command));
  return session;
}
