/**
 * One SSH connection after its login: its channels, its limits, its end.
 *
 * Offers session channels only. Whatever else an agent asks for is refused with the reason, and audited; a peer that keeps
 * asking is disconnected. An exception nobody expected ends this session, never the process.
 */
import { randomBytes } from 'node:crypto';
import type { Connection, Session as SshSession } from 'ssh2';
import type { AuditEvent } from '../audit/event.ts';
import type { SshLimits } from '../config.ts';
import { exitStatus, SallyportError } from '../errors.ts';
import type { ConsoleRequest } from '../gate/agent-console.ts';
import type { AgentIdentity, Ending, ExecRequest, SessionHandle } from '../gate/ports.ts';
import { Outlet } from '../transport/outlet.ts';
import type { AgentChannel } from './channel.ts';
import type { Release, Slots } from './limits.ts';
import { findRoute, type TargetDirectory } from './route.ts';
import { type ChannelOwner, SessionChannel } from './session-channel.ts';

/** More refused requests than any client sends by itself. */
const maxRefusals = 200;
/** Longer than any account, target and account name together. */
const maxUsernameLength = 200;
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
  /** Answers what an agent asks of the bastion itself. */
  readonly console: ((request: ConsoleRequest) => Promise<Ending>) | undefined;
  /** Resolves when the event is on disk. Never rejects: a dead log stops the process elsewhere. */
  readonly audit: (event: AuditEvent) => Promise<void>;
  readonly now: () => number;
  /** What nobody expected, for the log. */
  readonly onFailure: (error: unknown, session: string) => void;
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

export class AgentSession {
  readonly handle: SessionHandle;
  readonly #context: SessionContext;
  readonly #opening: SessionOpening;
  readonly #outlet: Outlet;
  readonly #owner: ChannelOwner;
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
    const opened = context.audit({
      event: 'session.opened',
      ...this.#ids,
      remote: opening.remote,
      username: opening.username.slice(0, maxUsernameLength),
      keyFingerprint: opening.identity.keyFingerprint,
      clientVersion: opening.clientVersion,
    });
    this.#owner = this.#ownerOfChannels(opened);
    this.#warm();
    this.#listen(opening.connection);
  }

  get openedAtMs(): number {
    return this.#openedAtMs;
  }

  /** Where the agent wanted to go. HOSTILE: as it wrote it, shortened. */
  get username(): string {
    return this.#opening.username.slice(0, maxUsernameLength);
  }

  get isBusy(): boolean {
    return this.#running.size > 0;
  }

  /** Looks after time limits, the agent's validity and the keys; called about twice a second. */
  tick(nowMs: number): void {
    const { limits } = this.#context;
    const isRefused = this.#opening.slot === undefined;
    const maxMs = isRefused ? Math.min(refusedSessionMs, limits.maxSessionMs) : limits.maxSessionMs;
    const keyProblem = this.#outlet.renewKeys(nowMs);
    if (!this.handle.agent.isStillValid()) void this.end('agent is no longer valid', 'access of this agent has ended');
    else if (nowMs - this.#openedAtMs >= maxMs) {
      void this.end('session time is over', 'the time limit of a session is reached');
    } else if (!this.isBusy && nowMs - this.#idleSinceMs >= limits.idleMs) {
      void this.end('idle', 'nothing has happened in this session for too long');
    } else if (keyProblem !== undefined) void this.end(keyProblem, keyProblem);
  }

  /** Tells every running channel something, without waiting for who does not read. */
  announce(message: string): void {
    for (const channel of this.#running.values()) channel.notice({ event: 'info', message }).catch(() => {});
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

  /** While the client asks for its channel and the gate judges, the target may already be connected. */
  #warm(): void {
    const { targets } = this.#context;
    const route = findRoute(this.#opening.username, this.handle.agent, targets);
    if (route.kind === 'found') targets.warm?.(route.target, route.account).catch(() => {});
  }

  #ownerOfChannels(opened: Promise<void>): ChannelOwner {
    const { limits, targets, run, console, audit, now } = this.#context;
    const isRefused = this.#opening.slot === undefined;
    return {
      handle: this.handle,
      username: this.#opening.username,
      outlet: this.#outlet,
      limits,
      targets,
      run,
      console,
      audit,
      opened,
      refusal: isRefused ? 'this agent has too many sessions open; close one and try again' : undefined,
      isEnding: () => this.#endReason !== undefined,
      refuse: (request, reason, reject, channel) => this.#refuse(request, reason, reject, channel),
      fail: (error) => this.#fail(error),
      onStarted: (name, client) => this.#running.set(name, client),
      onEnded: (name) => {
        this.#running.delete(name);
        if (!this.isBusy) this.#idleSinceMs = now();
        if (isRefused) void this.end('too many sessions of this agent', '');
      },
    };
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
    const channel = new SessionChannel(this.#owner, `c${this.#channelCount}`, session);
    let isHeld = true;
    const giveBack = () => {
      if (!isHeld) return;
      isHeld = false;
      this.#openChannels -= 1;
      if (this.#openChannels === 0) this.#onChannelsClosed();
      release();
      channel.leave();
    };
    session.on('close', () => {
      giveBack();
      this.#giveBacks.delete(giveBack);
    });
    this.#giveBacks.add(giveBack);
  }

  async #fail(error: unknown): Promise<void> {
    this.#context.onFailure(error, this.handle.id);
    // Only what we wrote ourselves: a foreign message may quote anything.
    const known = error instanceof SallyportError ? error : undefined;
    const code = known?.code ?? 'SESSION_UNEXPECTED';
    const message = known?.message ?? `unexpected ${error instanceof Error ? error.name : 'value'}`;
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

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
