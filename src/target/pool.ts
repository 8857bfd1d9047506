/**
 * Targets and the connections to them, kept open between commands: a command on a warm pool costs one channel and no
 * handshake.
 */
import type { PoolLimits, TargetConfig } from '../config.ts';
import type { TargetInfo, Targets } from '../gate/ports.ts';
import type { RekeyLimits } from '../transport/outlet.ts';
import type { RemoteCommand } from './channel.ts';
import type { CommandRequest, HostKeyMismatch } from './connection.ts';
import { credentialId } from './credential.ts';
import { TargetError } from './errors.ts';
import { type PinnedHostKey, parseHostKey } from './host-key.ts';
import { Lane } from './lane.ts';
import { Shares } from './shares.ts';

const tickMs = 1_000;

export interface TargetPoolOptions {
  readonly targets: readonly TargetConfig[];
  readonly limits: PoolLimits & RekeyLimits;
  /** Somebody may be impersonating a target: to be audited and shouted about. */
  readonly onHostKeyMismatch: (mismatch: HostKeyMismatch) => void;
  readonly now?: () => number;
}

interface Known {
  readonly config: TargetConfig;
  readonly hostKey: PinnedHostKey;
}

export class TargetPool implements Targets {
  readonly #options: TargetPoolOptions;
  readonly #now: () => number;
  readonly #lanes = new Map<string, Lane>();
  readonly #laneTargets = new Map<Lane, string>();
  readonly #connections = new Map<string, number>();
  readonly #shares = new Map<string, Shares>();
  readonly #ticker: NodeJS.Timeout;
  #targets = new Map<string, Known>();

  /** Throws TARGET_HOST_KEY_UNUSABLE. */
  constructor(options: TargetPoolOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#targets = read(options.targets);
    this.#ticker = setInterval(() => this.#tick(), tickMs);
    this.#ticker.unref();
  }

  /** Connections of targets that changed or are gone are closed, with what runs on them. */
  replace(targets: readonly TargetConfig[]): void {
    const next = read(targets);
    this.#targets = next;
    const valid = new Set(
      [...next.values()].flatMap((known) =>
        Object.keys(known.config.accounts).map((account) => laneKey(known, account)),
      ),
    );
    for (const [key, lane] of this.#lanes) {
      if (valid.has(key)) continue;
      lane.close();
      this.#forget(key, lane);
    }
  }

  find(target: string, account: string): TargetInfo | undefined {
    const known = this.#targets.get(target);
    if (known === undefined || !Object.hasOwn(known.config.accounts, account)) return undefined;
    return {
      name: known.config.name,
      labels: known.config.labels,
      dialect: known.config.dialect,
      hostKeyFingerprint: known.hostKey.fingerprint,
      homeDirectory: known.config.accounts[account]?.home,
    };
  }

  defaultAccount(target: string): string | undefined {
    return this.#targets.get(target)?.config.defaultAccount;
  }

  /** Rejects with a TargetError; then nothing has run. */
  async run(target: string, account: string, request: CommandRequest, signal: AbortSignal): Promise<RemoteCommand> {
    if (request.command.includes('\0') || Buffer.from(request.command).toString() !== request.command) {
      throw new TargetError('TARGET_COMMAND_UNSENDABLE', 'the command contains NUL or is not well-formed text');
    }
    const lane = this.#lane(target, account);
    if (request.agent === undefined) return lane.run(request, signal);
    const { connectTimeoutMs } = this.#options.limits;
    const giveBack = await this.#sharesOf(target).take(
      request.agent,
      () => this.#capacity(target),
      connectTimeoutMs,
      signal,
    );
    try {
      const command = await lane.run(request, signal);
      void command.ended.then(giveBack);
      return command;
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  #sharesOf(target: string): Shares {
    const existing = this.#shares.get(target);
    if (existing !== undefined) return existing;
    const shares = new Shares();
    this.#shares.set(target, shares);
    return shares;
  }

  /** Channels the target could carry at once, as far as is known. */
  #capacity(target: string): number {
    const { maxConnectionsPerTarget, maxChannelsPerConnection } = this.#options.limits;
    let perConnection = maxChannelsPerConnection;
    for (const [lane, of] of this.#laneTargets) {
      if (of === target) perConnection = Math.min(perConnection, lane.channelsPerConnection);
    }
    return maxConnectionsPerTarget * perConnection;
  }

  /** Connects ahead of the first command. Rejects with a TargetError. */
  async warm(target: string, account: string): Promise<void> {
    await this.#lane(target, account).warm();
  }

  /** Open or opening connections to a target, over all accounts. */
  connectionCount(target: string): number {
    return this.#connections.get(target) ?? 0;
  }

  close(): void {
    clearInterval(this.#ticker);
    for (const lane of this.#lanes.values()) lane.close();
    this.#lanes.clear();
    this.#laneTargets.clear();
  }

  #lane(target: string, account: string): Lane {
    const known = this.#targets.get(target);
    const credential =
      known && Object.hasOwn(known.config.accounts, account) ? known.config.accounts[account] : undefined;
    if (known === undefined || credential === undefined) {
      throw new TargetError('TARGET_UNKNOWN', `there is no account ${account} on target ${target}`);
    }
    const key = laneKey(known, account);
    const existing = this.#lanes.get(key);
    if (existing !== undefined) return existing;
    const lane = new Lane({
      target: known.config,
      account,
      credential: credential.credential,
      hostKey: known.hostKey,
      limits: this.#options.limits,
      now: this.#now,
      onHostKeyMismatch: this.#options.onHostKeyMismatch,
      mayOpen: () => this.#mayOpen(target, lane),
      onConnections: (change) => this.#connections.set(target, this.connectionCount(target) + change),
    });
    this.#lanes.set(key, lane);
    this.#laneTargets.set(lane, target);
    return lane;
  }

  /** At the target's cap, another account's idle connection gives way. */
  #mayOpen(target: string, asking: Lane): boolean {
    if (this.connectionCount(target) < this.#options.limits.maxConnectionsPerTarget) return true;
    for (const [lane, of] of this.#laneTargets) {
      if (lane !== asking && of === target && lane.closeIdle()) return true;
    }
    return false;
  }

  #tick(): void {
    const nowMs = this.#now();
    for (const [key, lane] of this.#lanes) {
      lane.tick(nowMs);
      if (lane.isUnused) this.#forget(key, lane);
    }
  }

  #forget(key: string, lane: Lane): void {
    this.#lanes.delete(key);
    this.#laneTargets.delete(lane);
  }
}

function read(targets: readonly TargetConfig[]): Map<string, Known> {
  return new Map(targets.map((config) => [config.name, { config, hostKey: parseHostKey(config.hostKey) }]));
}

/** Whatever decides where a connection leads and as whom. */
function laneKey({ config, hostKey }: Known, account: string): string {
  const credential = config.accounts[account]?.credential;
  return JSON.stringify([
    config.name,
    config.host,
    config.port,
    hostKey.blob.toString('base64'),
    account,
    credential === undefined ? '' : credentialId(credential),
  ]);
}
