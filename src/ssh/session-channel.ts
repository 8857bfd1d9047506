/**
 * One session channel (RFC 4254 section 6): what is asked on it before, and the one request that starts it.
 *
 * Only `exec` without a terminal goes on to the gate. Everything else is refused on the channel itself, in a line of
 * standard error and with a status, because a refused request shows the agent nothing it could understand.
 */
import type { ServerChannel, Session as SshSession } from 'ssh2';
import type { AuditEvent } from '../audit/event.ts';
import type { SshLimits } from '../config.ts';
import { exitStatus, SallyportError } from '../errors.ts';
import type { ConsoleRequest } from '../gate/agent-console.ts';
import type { Ending, ExecRequest, SessionHandle } from '../gate/ports.ts';
import type { Outlet } from '../transport/outlet.ts';
import { AgentChannel } from './channel.ts';
import { Environment } from './environment.ts';
import { execute } from './exec.ts';
import type { TargetDirectory } from './route.ts';

type Reject = ((text?: string) => void) | undefined;

/** The session a channel belongs to, as the channel needs it. */
export interface ChannelOwner {
  readonly handle: SessionHandle;
  /** Where the agent wants to go. */
  readonly username: string;
  readonly outlet: Outlet;
  readonly limits: Pick<SshLimits, 'maxCommandBytes'>;
  readonly targets: TargetDirectory;
  readonly run: (request: ExecRequest) => Promise<Ending>;
  /** Answers what an agent asks of the bastion itself. */
  readonly console: ((request: ConsoleRequest) => Promise<Ending>) | undefined;
  readonly audit: (event: AuditEvent) => Promise<void>;
  /** Resolves when the opening of the session is on disk; nothing runs before. */
  readonly opened: Promise<void>;
  /** Why nothing runs in this session at all, for the agent; undefined when it may. */
  readonly refusal: string | undefined;
  readonly isEnding: () => boolean;
  readonly refuse: (request: string, reason: string, reject: Reject, channel: string) => void;
  readonly fail: (error: unknown) => Promise<void>;
  readonly onStarted: (channel: string, client: AgentChannel) => void;
  readonly onEnded: (channel: string) => void;
}

export class SessionChannel {
  readonly #owner: ChannelOwner;
  readonly #name: string;
  readonly #environment = new Environment();
  /** What was asked for and the command runs without. */
  readonly #withheld = new Set<string>();
  #hasTerminal = false;
  #client: AgentChannel | undefined;

  constructor(owner: ChannelOwner, name: string, session: SshSession) {
    this.#owner = owner;
    this.#name = name;
    this.#listen(session);
  }

  /** The agent has closed the channel. */
  leave(): void {
    this.#client?.leave(new SallyportError('SSH_AGENT_GONE', 'the agent has closed the channel'));
  }

  #listen(session: SshSession): void {
    session.on('error', () => {});
    session.on('env', (accept: (() => void) | undefined, reject: Reject, info) => {
      if (this.#environment.offer(info.key, info.val)) accept?.();
      else reject?.();
    });
    session.on('pty', (accept) => {
      // Accepted, so that the client goes on to the request where we can say why it is refused.
      accept?.();
      this.#hasTerminal = true;
    });
    session.on('x11', (_accept, reject) => this.#withhold('x11-req', 'X11 forwarding', reject));
    session.on('auth-agent', (_accept, reject) => this.#withhold('auth-agent-req', 'agent forwarding', reject));
    session.on('signal', (_accept, _reject, info) => this.#client?.receiveSignal(info.name));
    session.on('shell', (accept) =>
      this.#decline(accept(), 'shell', 'an interactive shell is not offered; give a command'),
    );
    session.on('subsystem', (accept, _reject, info) => {
      const what = info.name === 'sftp' ? 'SFTP (and with it scp and sftp)' : 'this subsystem';
      this.#decline(accept(), `subsystem ${info.name.slice(0, 60)}`, `${what} is not offered; give a command`);
    });
    session.on('exec', (accept, _reject, info) => this.#exec(accept(), commandBytes(info)));
  }

  #withhold(request: string, what: string, reject: Reject): void {
    this.#withheld.add(what);
    this.#owner.refuse(request, `${what} is not offered`, reject, this.#name);
  }

  #exec(accepted: ServerChannel | undefined, command: Buffer): void {
    if (this.#hasTerminal) {
      this.#decline(accepted, 'pty-req', 'a terminal is not offered for commands; run it again without -t');
      return;
    }
    const { handle, username, limits, targets, run, console, audit, refuse } = this.#owner;
    this.#start(accepted, async (client) => {
      if (this.#withheld.size > 0) {
        const message = `not offered, and the command runs without: ${[...this.#withheld].join(', ')}`;
        await client.notice({ event: 'info', message });
      }
      const ids = { session: handle.id, agent: handle.agent.name, channel: this.#name };
      return execute({
        session: handle,
        username,
        channel: this.#name,
        client,
        command,
        environment: this.#environment.toTarget,
        limits,
        targets,
        run,
        console,
        onRefusedRequest: (reason) => refuse('exec', reason, undefined, this.#name),
        onRefusedTarget: (wanted, reason) => void audit({ event: 'target.refused', ...ids, wanted, reason }),
      });
    });
  }

  #decline(accepted: ServerChannel | undefined, request: string, message: string): void {
    this.#owner.refuse(request, message, undefined, this.#name);
    this.#start(accepted, async (client) => {
      await client.notice({ event: 'denied', message, retry: false });
      return { kind: 'exit', status: exitStatus.refused };
    });
  }

  /** Runs `serve` on a channel that ssh2 has accepted, and sends how it ended. */
  #start(
    // ssh2 accepts nothing on a session that is closing or has a request already.
    accepted: ServerChannel | undefined,
    serve: (client: AgentChannel) => Promise<Ending>,
  ): void {
    if (accepted === undefined || this.#owner.isEnding()) return;
    const style = { asJson: this.#environment.wantsJson, isRawTerminal: this.#hasTerminal };
    const client = new AgentChannel(accepted, this.#owner.outlet, style);
    this.#client = client;
    this.#owner.onStarted(this.#name, client);
    this.#prepare(client, serve)
      .then((ending) => client.finish(ending))
      // Waiting for an agent that has left is no failure.
      .catch((error: unknown) => (client.gone.aborted ? undefined : this.#owner.fail(error)))
      .finally(() => {
        client.leave(new SallyportError('SSH_CHANNEL_ENDED', 'the channel has ended'));
        this.#owner.onEnded(this.#name);
      });
  }

  async #prepare(client: AgentChannel, serve: (client: AgentChannel) => Promise<Ending>): Promise<Ending> {
    const { handle, opened, refusal, audit } = this.#owner;
    await opened;
    const names = this.#environment.dropped;
    if (names.length > 0) {
      const ids = { session: handle.id, agent: handle.agent.name, channel: this.#name };
      void audit({ event: 'environment.dropped', ...ids, names });
    }
    if (refusal === undefined) return serve(client);
    await client.notice({ event: 'failed', message: refusal, retry: true });
    return { kind: 'exit', status: exitStatus.waiting };
  }
}

/** Our patch of ssh2 adds the payload's bytes to the decoded text, which has lost whatever was not UTF-8. */
function commandBytes(info: { readonly command: string; readonly commandBytes?: unknown }): Buffer {
  if (!Buffer.isBuffer(info.commandBytes)) {
    throw new SallyportError('SSH_LIBRARY_UNPATCHED', 'ssh2 does not deliver the bytes of a command');
  }
  return info.commandBytes;
}
