/**
 * The SSH server towards agents.
 *
 * Owns the listening socket itself, because ssh2 limits nothing: caps on connections without a login, grace time, tries.
 * Everything an agent runs goes through `run`, the gate.
 */
import { randomBytes } from 'node:crypto';
import { type AddressInfo, createServer, isIPv6, type Server as NetServer, Socket } from 'node:net';
import ssh2, { type ClientInfo, type Connection } from 'ssh2';
import type { AuditEvent } from '../audit/event.ts';
import type { Listen, SshLimits } from '../config.ts';
import { exitStatus, SallyportError } from '../errors.ts';
import type { ConsoleRequest } from '../gate/agent-console.ts';
import type { AuditSink, Ending, ExecRequest } from '../gate/ports.ts';
import type { AgentDirectory } from './agents.ts';
import { clientAlgorithms } from './algorithms.ts';
import type { Login } from './auth.ts';
import { IncomingConnection } from './connection.ts';
import { Admission, Slots } from './limits.ts';
import { requirePatchedSsh2 } from './patched.ts';
import { RefusalLog } from './refusals.ts';
import type { TargetDirectory } from './route.ts';
import { AgentSession } from './session.ts';

/** A disabled agent is gone within a second. */
const tickMs = 500;

export interface SshServerOptions {
  readonly listen: Listen;
  /** Private keys in OpenSSH format: ed25519, and ECDSA for clients that want it. */
  readonly hostKeys: readonly (Buffer | string)[];
  readonly limits: SshLimits;
  readonly agents: AgentDirectory;
  readonly targets: TargetDirectory;
  readonly audit: AuditSink;
  /** The gate. */
  readonly run: (request: ExecRequest) => Promise<Ending>;
  /** Answers what an agent asks of the bastion itself. */
  readonly console?: (request: ConsoleRequest) => Promise<Ending>;
  /** The audit log is dead or the listener failed: the process must stop. */
  readonly onFatal: (error: unknown) => void;
  /** Called once for every session whose connection is gone. */
  readonly onSessionEnd?: (session: string) => void;
  /** What nobody expected in a session, for the log; the session has ended and the audit log says so. */
  readonly onFailure?: (error: unknown, session: string) => void;
  readonly now?: () => number;
}

export class SshServer {
  readonly #options: SshServerOptions;
  readonly #now: () => number;
  readonly #net: NetServer;
  readonly #ssh: InstanceType<typeof ssh2.Server>;
  readonly #admission: Admission;
  readonly #refusals: RefusalLog;
  readonly #sessionSlots: Slots;
  readonly #channelSlots: Slots;
  readonly #incoming = new WeakMap<Socket, IncomingConnection>();
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<AgentSession>();
  readonly #ticker: NodeJS.Timeout;
  #isClosing = false;

  /** Throws SSH_LIBRARY_UNPATCHED or SSH_HOST_KEY_UNUSABLE before anything listens. */
  constructor(options: SshServerOptions) {
    requirePatchedSsh2();
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#admission = new Admission(options.limits);
    this.#refusals = new RefusalLog((event) => void this.#audit(event), this.#now);
    this.#sessionSlots = new Slots(options.limits.maxSessionsPerAgent);
    this.#channelSlots = new Slots(options.limits.maxChannelsPerAgent);
    this.#ssh = sshServer(options);
    this.#ssh.on('connection', (connection: Connection, info: ClientInfo) => this.#identified(connection, info));
    this.#net = createServer((socket) => this.#accept(socket));
    this.#ticker = setInterval(() => this.#tick(), tickMs);
    this.#ticker.unref();
  }

  /** Resolves with the address that was bound. Rejects with SSH_LISTEN_FAILED. */
  listen(): Promise<AddressInfo> {
    const { host, port } = this.#options.listen;
    return new Promise((resolve, reject) => {
      this.#net.once('error', (cause: NodeJS.ErrnoException) => {
        const isTaken = cause.code === 'EADDRINUSE';
        const why = isTaken
          ? 'the port is taken; choose another with --ssh-port, or ssh.listen in the configuration (0 picks a free one)'
          : cause.message;
        reject(
          new SallyportError('SSH_LISTEN_FAILED', `cannot listen on ${host}:${port} for agents: ${why}`, { cause }),
        );
      });
      this.#net.listen(port, host, () => {
        this.#net.removeAllListeners('error');
        // EMFILE and the like come and go with the load; the listener lives on.
        this.#net.on('error', () => {});
        const address = this.#net.address();
        if (address === null || typeof address === 'string') reject(new SallyportError('SSH_LISTEN_FAILED', 'no port'));
        else resolve(address);
      });
    });
  }

  /** Oldest first. */
  get sessions(): readonly AgentSession[] {
    return [...this.#sessions];
  }

  /** Ends one session with the reason; false when there is none of this id. */
  end(id: string, reason: string, message: string): boolean {
    const session = this.sessions.find(({ handle }) => handle.id === id);
    void session?.end(reason, message, exitStatus.refused);
    return session !== undefined;
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** Takes nothing new, waits up to `graceMs` for running commands, then ends what is left; `why` is for agents. */
  async close(graceMs: number, why = 'Sallyport is shutting down'): Promise<void> {
    this.#isClosing = true;
    const netClosed = new Promise<void>((resolve) => this.#net.close(() => resolve()));
    const deadlineMs = Date.now() + graceMs;
    for (const session of this.#sessions) {
      if (!session.isBusy) session.cut('shutdown');
      else if (graceMs > 0) session.announce(`${why}; what runs has ${graceMs / 1_000} s to finish`);
    }
    while ([...this.#sessions].some((session) => session.isBusy) && Date.now() < deadlineMs) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await Promise.all([...this.#sessions].map((session) => session.end('shutdown', why)));
    for (const socket of this.#sockets) socket.destroySoon();
    const lastResort = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, 1_000);
    await netClosed;
    clearTimeout(lastResort);
    clearInterval(this.#ticker);
    this.#refusals.tick(true);
  }

  #accept(socket: Socket): void {
    const remote = socket.remoteAddress ?? 'unknown';
    const entered = this.#isClosing ? 'shutting down' : this.#admission.enter(remote);
    if (typeof entered === 'string') {
      socket.on('error', () => {});
      socket.destroy();
      this.#refusals.write({ event: 'connection.refused', remote, reason: entered });
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    const remoteWithPort = `${isIPv6(remote) ? `[${remote}]` : remote}:${socket.remotePort ?? 0}`;
    const incoming = new IncomingConnection(socket, {
      limits: this.#options.limits,
      agents: this.#options.agents,
      now: this.#now,
      release: entered,
      onLogin: (connection, login, clientVersion) => this.#open(connection, login, clientVersion, remoteWithPort),
      onRefused: (refusal, reason) =>
        this.#refusals.write(
          refusal === undefined
            ? { event: 'connection.refused', remote: remoteWithPort, reason }
            : {
                event: 'login.refused',
                remote: remoteWithPort,
                session: `l-${randomBytes(8).toString('hex')}`,
                ...refusal,
              },
        ),
    });
    this.#incoming.set(socket, incoming);
    this.#ssh.injectSocket(socket);
    incoming.watch();
  }

  #identified(connection: Connection, info: ClientInfo): void {
    connection.on('error', () => {});
    const socket = '_sock' in connection ? connection._sock : undefined;
    const incoming = socket instanceof Socket ? this.#incoming.get(socket) : undefined;
    if (incoming === undefined) throw new SallyportError('SSH_LIBRARY_UNPATCHED', 'ssh2 hides the socket');
    incoming.attach(connection, info);
  }

  #open(connection: Connection, login: Login, clientVersion: string, remote: string): AgentSession {
    const session = new AgentSession(
      {
        limits: this.#options.limits,
        targets: this.#options.targets,
        channelSlots: this.#channelSlots,
        run: this.#options.run,
        console: this.#options.console,
        audit: (event) => this.#audit(event),
        now: this.#now,
        onFailure: (error, id) => this.#options.onFailure?.(error, id),
        onClosed: (closed) => {
          this.#sessions.delete(closed);
          this.#options.onSessionEnd?.(closed.handle.id);
        },
      },
      { connection, ...login, remote, clientVersion, slot: this.#sessionSlots.take(login.identity.name) },
    );
    this.#sessions.add(session);
    return session;
  }

  #tick(): void {
    const nowMs = this.#now();
    this.#refusals.tick();
    for (const session of this.#sessions) session.tick(nowMs);
  }

  async #audit(event: AuditEvent): Promise<void> {
    try {
      await this.#options.audit.append(event);
    } catch (error) {
      this.#options.onFatal(error);
      // Nothing may go on as if this had been written.
      await new Promise(() => {});
    }
  }
}

function sshServer(options: SshServerOptions): InstanceType<typeof ssh2.Server> {
  try {
    return new ssh2.Server({
      hostKeys: options.hostKeys.map((key) => key),
      algorithms: clientAlgorithms,
      ident: 'Sallyport',
      keepaliveInterval: options.limits.keepaliveMs,
      keepaliveCountMax: options.limits.keepaliveCount,
    });
  } catch (cause) {
    throw new SallyportError('SSH_HOST_KEY_UNUSABLE', 'the host key of the bastion cannot be used', { cause });
  }
}
