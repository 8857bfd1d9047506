/**
 * One TCP connection from its first byte to its login.
 *
 * HOSTILE: everything here comes from somebody unknown. The connection counts against the caps until it has logged in, must
 * do so within the grace time, and no packet of it can raise an error nobody listens to.
 */
import type { Socket } from 'node:net';
import type { ClientInfo, Connection } from 'ssh2';
import type { SshLimits } from '../config.ts';
import type { AgentDirectory } from './agents.ts';
import { Authenticator, type Login, type Refusal } from './auth.ts';
import { printable } from './notice.ts';

/**
 * ssh2 answers some packets itself and ignores whether anybody reads the answers. Nobody who reads its socket is ever
 * this far behind: our own output waits at a quarter of it.
 */
const maxUnreadBytes = 4 << 20;

export interface ConnectionContext {
  readonly limits: SshLimits;
  readonly agents: AgentDirectory;
  readonly now: () => number;
  /** The connection has logged in; returns who is to be told of its end. */
  readonly onLogin: (connection: Connection, login: Login, clientVersion: string) => { closed(reason: string): void };
  readonly onRefused: (refusal: Refusal | undefined, reason: string) => void;
  /** Called once, when the connection no longer counts as one without a login. */
  readonly release: () => void;
}

/** A socket the server has let in; `attach` is called when ssh2 has read the client's identification. */
export class IncomingConnection {
  readonly #socket: Socket;
  readonly #context: ConnectionContext;
  readonly #graceTimer: NodeJS.Timeout;
  #authenticator: Authenticator | undefined;
  #session: { closed(reason: string): void } | undefined;
  #reason = 'closed by the client';

  constructor(socket: Socket, context: ConnectionContext) {
    this.#socket = socket;
    this.#context = context;
    socket.setNoDelay(true);
    socket.on('error', (error) => this.#note(error));
    socket.once('close', () => this.#closed());
    this.#graceTimer = setTimeout(() => this.#cut('no login within the grace time'), context.limits.loginGraceMs);
    this.#graceTimer.unref();
  }

  /** Watches for peers that make ssh2 answer and never read the answers. After `injectSocket`. */
  watch(): void {
    this.#socket.on('data', () => {
      if (this.#socket.writableLength > maxUnreadBytes) this.#cut('the client does not read');
    });
  }

  attach(connection: Connection, info: ClientInfo): void {
    connection.on('error', (error) => {
      this.#note(error);
      // ssh2 half-closes; a peer that is gone would never answer that.
      setTimeout(() => this.#socket.destroy(), 1_000).unref();
    });
    const authenticator = new Authenticator({
      agents: this.#context.agents,
      maxTries: this.#context.limits.maxAuthTries,
      now: this.#context.now,
      onLogin: (login) => {
        clearTimeout(this.#graceTimer);
        this.#context.release();
        const version = printable(info.header.identRaw).slice(0, 200);
        this.#session = this.#context.onLogin(connection, login, version);
      },
      onTooManyTries: () => {
        connection.end();
        setTimeout(() => this.#socket.destroy(), 1_000).unref();
      },
    });
    this.#authenticator = authenticator;
    connection.on('authentication', (context) => authenticator.handle(context));
  }

  #note(error: unknown): void {
    if (error instanceof Error) this.#reason = `connection error: ${printable(error.message).slice(0, 200)}`;
  }

  #cut(reason: string): void {
    this.#reason = reason;
    this.#socket.destroy();
  }

  #closed(): void {
    clearTimeout(this.#graceTimer);
    this.#context.release();
    if (this.#session !== undefined) this.#session.closed(this.#reason);
    else this.#context.onRefused(this.#authenticator?.refusal, this.#reason);
  }
}
