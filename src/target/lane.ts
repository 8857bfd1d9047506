/**
 * All connections to one (target, account, credential), and who waits for a channel on them.
 *
 * INVARIANT: a command is sent at most once. Another connection is tried only when the first one certainly refused or
 * never saw the command.
 * INVARIANT: nobody waits for somebody else's command, connect or channel longer than for the target itself: whoever finds
 * no free channel gets a connection of its own until the target's cap is reached.
 */
import type { RemoteCommand } from './channel.ts';
import { type CommandRequest, type ConnectOptions, TargetConnection } from './connection.ts';
import { TargetError } from './errors.ts';
import { Waiters } from './waiters.ts';

/** A refused or dead connection is answered with another one this often. */
const maxTries = 4;

interface Carrier {
  readonly connection: Promise<TargetConnection>;
  /** Set when `connection` resolved. */
  ready: TargetConnection | undefined;
  channels: number;
  /** Lowered when the target refuses a channel before our own limit is reached. */
  maxChannels: number;
  idleSinceMs: number;
}

export interface LaneOptions extends ConnectOptions {
  /** False when the target has its maximum of connections, over all accounts. */
  readonly mayOpen: () => boolean;
  readonly onConnections: (change: 1 | -1) => void;
}

export class Lane {
  readonly #options: LaneOptions;
  readonly #carriers = new Set<Carrier>();
  readonly #waiters = new Waiters();
  #isClosed = false;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  /** What the target carries on one connection; less than ours once it refused one. */
  get channelsPerConnection(): number {
    let least = this.#options.limits.maxChannelsPerConnection;
    for (const { maxChannels } of this.#carriers) least = Math.min(least, Math.max(1, maxChannels));
    return least;
  }

  get isUnused(): boolean {
    return this.#carriers.size === 0 && this.#waiters.isEmpty;
  }

  /** Rejects with a TargetError. */
  async run(request: CommandRequest, signal: AbortSignal): Promise<RemoteCommand> {
    for (let tries = 1; ; tries += 1) {
      const carrier = await this.#take(signal);
      let opening: Awaited<ReturnType<TargetConnection['start']>>;
      try {
        const connection = await abortable(carrier.connection, signal);
        opening = await connection.start(request, signal);
      } catch (error) {
        this.#release(carrier);
        throw error;
      }
      if (opening.kind === 'running') {
        void opening.command.ended.then(() => this.#release(carrier));
        return opening.command;
      }
      this.#release(carrier);
      if (opening.kind === 'failed') throw opening.error;
      if (opening.kind === 'full') {
        carrier.maxChannels = carrier.channels;
        if (carrier.channels === 0) this.closeIdle(carrier);
      }
      // Refused while it carried nothing: another connection would be refused too.
      if (tries >= maxTries || (opening.kind === 'full' && carrier.maxChannels === 0)) {
        throw new TargetError('TARGET_CHANNEL_REFUSED', `the target opens no channel (${opening.kind})`, {
          publicMessage: 'the target refuses to open a session',
        });
      }
    }
  }

  /** Connects ahead of the first command, if there is room. Rejects with a TargetError. */
  async warm(): Promise<void> {
    const carrier = [...this.#carriers][0] ?? (this.#options.mayOpen() ? this.#open() : undefined);
    await carrier?.connection;
  }

  tick(nowMs: number): void {
    for (const carrier of this.#carriers) {
      carrier.ready?.tick();
      if (carrier.channels === 0 && nowMs - carrier.idleSinceMs >= this.#options.limits.idleCloseMs)
        this.closeIdle(carrier);
    }
  }

  /** Makes room for another lane of the same target. Returns whether there was an idle connection. */
  closeIdle(only?: Carrier): boolean {
    for (const carrier of only === undefined ? this.#carriers : [only]) {
      if (carrier.channels > 0 || carrier.ready === undefined) continue;
      carrier.ready.end();
      this.#drop(carrier);
      return true;
    }
    return false;
  }

  /** Running commands are lost. */
  close(): void {
    this.#isClosed = true;
    for (const carrier of this.#carriers) {
      carrier.connection.then((connection) => connection.end()).catch(() => {});
      this.#drop(carrier);
    }
    this.#waiters.wake();
  }

  async #take(signal: AbortSignal): Promise<Carrier> {
    const deadlineMs = Date.now() + this.#options.limits.connectTimeoutMs;
    for (;;) {
      if (signal.aborted) throw new TargetError('TARGET_ABORTED', 'the agent has gone');
      if (this.#isClosed) throw new TargetError('TARGET_ABORTED', 'the target was removed or the bastion stops');
      const carrier = this.#free();
      if (carrier !== undefined) {
        carrier.channels += 1;
        return carrier;
      }
      const leftMs = deadlineMs - Date.now();
      if (leftMs <= 0) {
        throw new TargetError('TARGET_BUSY', 'every channel to this target is in use', {
          publicMessage: 'too many commands run on this target; try again later',
        });
      }
      await this.#waiters.wait(leftMs, signal);
    }
  }

  /** A carrier with a free channel: a ready one first, then one that is connecting, then a new one. */
  #free(): Carrier | undefined {
    const open = [...this.#carriers].filter(
      (carrier) => carrier.channels < carrier.maxChannels && (carrier.ready === undefined || carrier.ready.isUsable),
    );
    const ready = open.find((carrier) => carrier.ready !== undefined);
    if (ready !== undefined) return ready;
    const connecting = open[0];
    if (connecting !== undefined) return connecting;
    return this.#options.mayOpen() ? this.#open() : undefined;
  }

  #open(): Carrier {
    const carrier: Carrier = {
      connection: TargetConnection.open(this.#options),
      ready: undefined,
      channels: 0,
      maxChannels: this.#options.limits.maxChannelsPerConnection,
      idleSinceMs: this.#options.now(),
    };
    this.#carriers.add(carrier);
    this.#options.onConnections(1);
    carrier.connection.then(
      (connection) => {
        carrier.ready = connection;
        if (!this.#carriers.has(carrier)) connection.end();
        connection.onClose(() => this.#drop(carrier));
      },
      () => this.#drop(carrier),
    );
    return carrier;
  }

  #release(carrier: Carrier): void {
    carrier.channels -= 1;
    carrier.idleSinceMs = this.#options.now();
    if (carrier.channels === 0 && carrier.ready !== undefined && !carrier.ready.isUsable) {
      carrier.ready.end();
      this.#drop(carrier);
    }
    this.#waiters.wake();
  }

  #drop(carrier: Carrier): void {
    if (!this.#carriers.delete(carrier)) return;
    this.#options.onConnections(-1);
    this.#waiters.wake();
  }
}

function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new TargetError('TARGET_ABORTED', 'the agent has gone'));
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
