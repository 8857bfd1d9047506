/**
 * One SSH connection after its login: its channels, its limits, its end.
 *
 * Offers `exec` only. Whatever else an agent asks for is refused with a line that says so, and audited; a peer that keeps
 * asking is disconnected. An exception nobody expected ends this session, never the process.
 */
import { randomBytes } from 'node:crypto';
import type { Connection, ServerChannel, Session as SshSession } from 'ssh2';
import type { AuditEvent } from '../audit/event.ts';
import type { SshLimits } from '../config.ts';
import { exitStatus, SallyportError } from '../errors.ts';
import type { AgentIdentity, Ending, ExecRequest, SessionHandle } from '../gate/ports.ts';
import { Outlet } from '../transport/outlet.ts';
import { AgentChannel } from './channel.ts';
import { Environment } from './environment.ts';
import { execute, type TargetDirectory } from './exec.ts';
import type { Release, Slots } from './limits.ts';
import type { NoticeStyle } from './notice.ts';

/** More refused requests than any client sends by itself. */
const maxRefusals = 200;
/** How long a last message may take to reach the agent before the connection is cut. */
const farewellMs = 500;
/** How long a peer may take to answer our close. */
const closeMs = 1_000;
/** A session over the agent's limit lives only long enough to be told so. */
const refusedSessionMs = 10_000;

export interface SessionContext {
  readonly limits: SshLimits;
  readonly targets: TargetDirectory;
  readonly channelSlots: Slots;
  readonly run: (request: ExecRequest) => Promise<Ending>;
  /** Resolves when the event is on disk. Never rejects: a dead log stops the process elsewhere. */
  readonly audit: (event: AuditEvent) => Promise<void>;
  readonly now: () => number;
  readonly onClosed: (session: AgentSession) => void;
}

export interface SessionOpening {
  readonly connection: Connection;
  readonly identity: AgentIdentity;
  readonly username: string;
  readonly remote: string;
  readonly clientVersion: string;
  /** Undefined when the agent has too many sessions: this one is told and closed. */
  readonly slot: Release | undefined;
}

/** What came before the request that starts a channel. */
interface ChannelTerms {
  readonly environment: Environment;
  readonly style: NoticeStyle;
}

export class AgentSession {
  readonly handle: SessionHandle;
  readonly #context: SessionContext;
  readonly #opening: SessionOpening;
  readonly #outlet: Outlet;
  readonly #opened: Promise<void>;
  readonly #running = new Map<string, AgentChannel>();
  readonly #openedAtMs: number;
  /** Of the channels the agent has not closed yet. */
  readonly #giveBacks = new Set<() => void>();
  #idleSinceMs: number;
  #openChannels = 0;
  #channelCount = 0;
  #refusals = 0;
  #endReason: string | undefined;
  #isClosed = false;
  #onChannelsClosed = () => {};

  constructor(context: SessionContext, opening: SessionOpening) {
    this.#context = context;
    this.#opening = opening;
    this.handle = { id: `s-${randomBytes(8).toString('hex')}`, agent: opening.identity, remote: opening.remote };
    this.#openedAtMs = context.now();
    this.#idleSinceMs = this.#openedAtMs;
    this.#outlet = new Outlet(opening.connection, context.limits, this.#openedAtMs);
    this.#opened = context.audit({
      event: 'session.opened',
      ...this.#ids,
      remote: opening.remote,
      username: opening.username.slice(0, 200),
      keyFingerprint: opening.identity.keyFingerprint,
      clientVersion: opening.clientVersion,
    });
    this.#listen(opening.connection);
  }

  get isBusy(): boolean {
    return this.#running.size > 0;
  }

  /** Looks after time limits, the agent's validity and the keys; called about twice a second. */
  tick(nowMs: number): void {
    const { limits } = this.#context;
    const refused = this.#opening.slot === undefined;
    if (!this.handle.agent.isStillValid()) void this.end('agent is no longer valid', 'access of this agent has ended');
    else if (
      nowMs - this.#openedAtMs >=
      (refused ? Math.min(refusedSessionMs, limits.maxSessionMs) : limits.maxSessionMs)
    )
      void this.end('session time is over', 'the time limit of a session is reached');
    else if (!this.isBusy && nowMs - this.#idleSinceMs >= limits.idleMs)
      void this.end('idle', 'nothing has happened in this session for too long');
    else if (!this.#outlet.renewKeys(nowMs)) void this.end('key exchange was not finished', 'key exchange timed out');
  }

  /** Says goodbye on every running channel, then closes the connection. Never rejects. */
  async end(reason: string, message: string, status: number = exitStatus.failure): Promise<void> {
    if (this.#endReason !== undefined) return;
    this.#endReason = reason;
    const channels = [...this.#running.values()];
    const farewell = Promise.allSettled(
      channels.map(async (channel) => {
        await channel.notice({ event: 'failed', message });
        await channel.finish({ kind: 'exit', status });
      }),
    );
    // A client that sees the connection end before its channel reports 255 instead of the status.
    const goodbye = farewell.then(() => this.#channelsClosed());
    if (this.#openChannels > 0) await Promise.race([goodbye, wait(farewellMs)]);
    this.cut(reason);
  }

  /** Closes the connection at once; the peer has a moment to answer. */
  cut(reason: string): void {
    this.#endReason ??= reason;
    this.#opening.connection.end();
    setTimeout(() => this.#outlet.socket.destroy(), closeMs).unref();
    for (const channel of this.#running.values()) channel.leave(new SallyportError('SSH_SESSION_ENDED', reason));
  }

  /** The socket is closed. */
  closed(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#endReason ??= reason;
    const gone = new SallyportError('SSH_AGENT_GONE', 'the agent has disconnected');
    for (const channel of this.#running.values()) channel.leave(gone);
    for (const giveBack of this.#giveBacks) giveBack();
    this.#opening.slot?.();
    this.#context.onClosed(this);
    void this.#context.audit({
      event: 'session.closed',
      ...this.#ids,
      reason: this.#endReason,
      durationMs: this.#context.now() - this.#openedAtMs,
      channels: this.#channelCount,
    });
  }

  /** Resolves when the agent has closed every channel. */
  #channelsClosed(): Promise<void> {
    return new Promise((resolve) => {
      this.#onChannelsClosed = resolve;
      if (this.#openChannels === 0) resolve();
    });
  }

  get #ids() {
    return { session: this.handle.id, agent: this.handle.agent.name };
  }

  #listen(connection: Connection): void {
    connection.on('session', (accept, reject) => this.#openChannel(accept, reject));
    connection.on('tcpip', (_accept, reject) => this.#refuse('direct-tcpip', 'forwarding is not offered', reject));
    connection.on('openssh.streamlocal', (_accept, reject) =>
      this.#refuse('direct-streamlocal', 'forwarding is not offered', reject),
    );
    connection.on('request', (_accept, reject, name) =>
      this.#refuse(String(name), 'forwarding is not offered', reject),
    );
  }

  #openChannel(accept: () => SshSession, reject: (text?: string) => void): void {
    const agent = this.handle.agent.name;
    const release = this.#context.channelSlots.take(agent);
    if (release === undefined || this.#openChannels >= this.#context.limits.maxChannelsPerSession) {
      release?.();
      this.#refuse('session', 'too many open channels', reject);
      return;
    }
    this.#openChannels += 1;
    this.#channelCount += 1;
    const session = accept();
    const channel = `c${this.#channelCount}`;
    let isHeld = true;
    const giveBack = () => {
      if (!isHeld) return;
      isHeld = false;
      this.#openChannels -= 1;
      if (this.#openChannels === 0) this.#onChannelsClosed();
      release();
      this.#running.get(channel)?.leave(new SallyportError('SSH_AGENT_GONE', 'the agent has closed the channel'));
    };
    session.on('close', () => {
      giveBack();
      this.#giveBacks.delete(giveBack);
    });
    this.#giveBacks.add(giveBack);
    this.#serve(session, channel);
  }

  #serve(session: SshSession, channel: string): void {
    const environment = new Environment();
    const withheld = new Set<string>();
    let hasTerminal = false;
    const style = () => ({ asJson: environment.wantsJson, isRawTerminal: hasTerminal });
    const withhold = (request: string, what: string) => (_accept: unknown, reject: (() => void) | undefined) => {
      withheld.add(what);
      this.#refuse(request, `${what} is not offered`, reject, channel);
    };
    session.on('error', () => {});
    session.on('env', (accept: (() => void) | undefined, reject: (() => void) | undefined, info) => {
      if (environment.offer(info.key, info.val)) accept?.();
      else reject?.();
    });
    session.on('pty', (accept) => {
      // Accepted, so that the client goes on to the request where we can say why it is refused.
      accept?.();
      hasTerminal = true;
    });
    session.on('x11', withhold('x11-req', 'X11 forwarding'));
    session.on('auth-agent', withhold('auth-agent-req', 'agent forwarding'));
    session.on('signal', (_accept, _reject, info) => this.#running.get(channel)?.receiveSignal(info.name));
    session.on('shell', (accept) => {
      this.#decline(
        accept(),
        channel,
        { environment, style: style() },
        'shell',
        'an interactive shell is not offered; give a command',
      );
    });
    session.on('subsystem', (accept, _reject, info) => {
      const isSftp = info.name === 'sftp';
      const message = `${isSftp ? 'SFTP (and with it scp and sftp)' : 'this subsystem'} is not offered; give a command`;
      const request = `subsystem ${info.name.slice(0, 60)}`;
      this.#decline(accept(), channel, { environment, style: style() }, request, message);
    });
    session.on('exec', (accept, _reject, info) => {
      const bytes = commandBytes(info);
      const terms = { environment, style: style() };
      if (hasTerminal) {
        const message = 'a terminal is not offered for commands; run it again without -t';
        this.#decline(accept(), channel, terms, 'pty-req', message);
        return;
      }
      this.#start(accept(), channel, terms, async (client) => {
        if (withheld.size > 0) {
          const message = `not offered, and the command runs without: ${[...withheld].join(', ')}`;
          await client.notice({ event: 'info', message });
        }
        return execute({
          session: this.handle,
          username: this.#opening.username,
          channel,
          client,
          command: bytes,
          environment: environment.toTarget,
          limits: this.#context.limits,
          targets: this.#context.targets,
          run: this.#context.run,
          onRefusedRequest: (reason) => this.#refuse('exec', reason, undefined, channel),
          onRefusedTarget: (wanted, reason) =>
            void this.#context.audit({ event: 'target.refused', ...this.#ids, wanted, reason, channel }),
        });
      });
    });
  }

  #decline(
    accepted: ServerChannel | undefined,
    channel: string,
    terms: ChannelTerms,
    request: string,
    message: string,
  ): void {
    this.#refuse(request, message, undefined, channel);
    this.#start(accepted, channel, terms, async (client) => {
      await client.notice({ event: 'denied', message, retry: false });
      return { kind: 'exit', status: exitStatus.refused };
    });
  }

  /** Runs `serve` on a channel that ssh2 has accepted, and sends how it ended. */
  #start(
    // ssh2 accepts nothing on a session that is closing or has a request already.
    accepted: ServerChannel | undefined,
    channel: string,
    { environment, style }: ChannelTerms,
    serve: (client: AgentChannel) => Promise<Ending>,
  ): void {
    if (accepted === undefined || this.#endReason !== undefined) return;
    const client = new AgentChannel(accepted, this.#outlet, style);
    this.#running.set(channel, client);
    const work = async () => {
      await this.#opened;
      if (environment.dropped.length > 0) {
        const names = environment.dropped;
        void this.#context.audit({ event: 'environment.dropped', ...this.#ids, names, channel });
      }
      if (this.#opening.slot === undefined) {
        const message = 'this agent has too many sessions open; close one and try again';
        await client.notice({ event: 'failed', message, retry: true });
        return { kind: 'exit', status: exitStatus.waiting } as const;
      }
      return serve(client);
    };
    work()
      .then((ending) => client.finish(ending))
      .catch((error: unknown) => this.#fail(error, client))
      .finally(() => {
        this.#running.delete(channel);
        if (!this.isBusy) this.#idleSinceMs = this.#context.now();
        client.leave(new SallyportError('SSH_CHANNEL_ENDED', 'the channel has ended'));
        if (this.#opening.slot === undefined) void this.end('too many sessions of this agent', '');
      });
  }

  async #fail(error: unknown, client: AgentChannel): Promise<void> {
    // Waiting for an agent that has left is no failure.
    if (client.gone.aborted) return;
    const { code, message } =
      error instanceof SallyportError ? error : { code: 'SESSION_UNEXPECTED', message: String(error) };
    await this.#context.audit({ event: 'session.failed', ...this.#ids, code, message });
    await this.end('unexpected failure', 'Sallyport itself failed; the session ends');
  }

  #refuse(request: string, reason: string, reject: ((text?: string) => void) | undefined, channel?: string): void {
    this.#refusals += 1;
    reject?.(`sallyport: ${reason}`);
    if (this.#refusals > maxRefusals) {
      this.cut('too many refused requests');
      return;
    }
    const event = { event: 'request.refused', ...this.#ids, request, reason } as const;
    void this.#context.audit(channel === undefined ? event : { ...event, channel });
  }
}

/** Our patch of ssh2 adds the payload's bytes to the decoded text, which has lost whatever was not UTF-8. */
function commandBytes(info: { readonly command: string; readonly commandBytes?: unknown }): Buffer {
  if (!Buffer.isBuffer(info.commandBytes)) {
    throw new SallyportError('SSH_LIBRARY_UNPATCHED', 'ssh2 does not deliver the bytes of a command');
  }
  return info.commandBytes;
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
