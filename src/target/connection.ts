/**
 * One SSH connection to a target: opened with a pinned host key and one credential, then asked for channels.
 */
import { Socket } from 'node:net';
import ssh2, { type Algorithms, type Client, type ClientChannel } from 'ssh2';
import type { PoolLimits, TargetConfig, TargetCredential } from '../config.ts';
import { messageOf } from '../errors.ts';
import { fingerprintOf } from '../fingerprint.ts';
import { Outlet, type RekeyLimits } from '../transport/outlet.ts';
import { RemoteCommand } from './channel.ts';
import { loginOptions } from './credential.ts';
import { TargetError } from './errors.ts';
import type { PinnedHostKey } from './host-key.ts';

/** AES-GCM first: the cheapest on this side. No SHA-1 anywhere. */
const targetAlgorithms: Algorithms = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
    'diffie-hellman-group14-sha256',
  ],
  cipher: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'chacha20-poly1305@openssh.com',
    'aes128-ctr',
    'aes192-ctr',
    'aes256-ctr',
  ],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  compress: ['none'],
};

export interface CommandRequest {
  /** On whose behalf; undefined for the bastion itself. Agents share a target's channels. */
  readonly agent?: string;
  readonly command: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly pty?: { readonly term: string; readonly cols: number; readonly rows: number };
}

export interface HostKeyMismatch {
  readonly target: string;
  readonly pinned: string;
  readonly offered: string;
}

export interface ConnectOptions {
  readonly target: TargetConfig;
  readonly account: string;
  readonly credential: TargetCredential;
  readonly hostKey: PinnedHostKey;
  readonly limits: PoolLimits & RekeyLimits;
  readonly now: () => number;
  readonly onHostKeyMismatch: (mismatch: HostKeyMismatch) => void;
}

/** Outcome of asking for a channel. Nothing has run on the target unless it is `running`. */
export type ChannelOpening =
  | { readonly kind: 'running'; readonly command: RemoteCommand }
  /** The target takes no further channel on this connection (sshd's MaxSessions). */
  | { readonly kind: 'full' }
  /** The connection died before the channel was open, so another may be tried. */
  | { readonly kind: 'dead' }
  | { readonly kind: 'failed'; readonly error: TargetError };

export class TargetConnection {
  readonly #client: Client;
  readonly #outlet: Outlet;
  readonly #openTimeoutMs: number;
  readonly #now: () => number;
  #isUsable = true;

  /** Rejects with a TargetError; the connection is closed then. */
  static async open(options: ConnectOptions): Promise<TargetConnection> {
    const login = await loginOptions(options.credential);
    const client = new ssh2.Client();
    await new Promise<void>((resolve, reject) => {
      let offered: Buffer | undefined;
      const fail = (error: unknown) => {
        reject(connectError(options, error, offered));
        client.destroy();
      };
      client.once('ready', resolve);
      client.on('error', fail);
      client.once('close', () => fail(new Error('connection closed')));
      client.connect({
        ...login,
        host: options.target.host,
        port: options.target.port,
        username: options.account,
        readyTimeout: options.limits.connectTimeoutMs,
        keepaliveInterval: options.limits.keepaliveMs,
        keepaliveCountMax: 3,
        ident: 'Sallyport',
        algorithms: { ...targetAlgorithms, serverHostKey: [...options.hostKey.algorithms] },
        hostVerifier: (key: Buffer) => {
          if (options.hostKey.matches(key)) return true;
          offered = Buffer.from(key);
          return false;
        },
      });
      socketOf(client)?.setNoDelay(true);
    });
    return new TargetConnection(client, options);
  }

  private constructor(client: Client, options: ConnectOptions) {
    this.#client = client;
    this.#now = options.now;
    this.#outlet = new Outlet(client, options.limits, options.now());
    this.#openTimeoutMs = options.limits.connectTimeoutMs;
    client.on('error', () => {
      this.#isUsable = false;
    });
    client.once('close', () => {
      this.#isUsable = false;
    });
  }

  get isUsable(): boolean {
    return this.#isUsable && !this.#outlet.isClosed;
  }

  onClose(listener: () => void): void {
    this.#client.once('close', listener);
  }

  /** To be called about every second. */
  tick(): void {
    if (this.isUsable && this.#outlet.renewKeys(this.#now()) !== undefined) this.destroy();
  }

  /** Opens a channel and starts the command on it. Never rejects. */
  start(request: CommandRequest, signal: AbortSignal): Promise<ChannelOpening> {
    return new Promise((resolve) => {
      let isDecided = false;
      const decide = (opening: ChannelOpening) => {
        // A channel that opens after its time-out has nobody to read it.
        if (isDecided && opening.kind === 'running') opening.command.close();
        if (isDecided) return;
        isDecided = true;
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        resolve(opening);
      };
      const onAbort = () => decide({ kind: 'failed', error: new TargetError('TARGET_ABORTED', 'the agent has gone') });
      const timer = setTimeout(() => {
        // A target that does not answer a channel open takes no more from us, and whoever comes next does not wait for it.
        this.#isUsable = false;
        const publicMessage = 'the target does not answer';
        decide({
          kind: 'failed',
          error: new TargetError('TARGET_UNREACHABLE', `no answer to a channel open within ${this.#openTimeoutMs} ms`, {
            publicMessage,
          }),
        });
      }, this.#openTimeoutMs);
      if (signal.aborted) {
        onAbort();
        return;
      }
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        const options = { env: { ...request.environment }, ...(request.pty === undefined ? {} : { pty: request.pty }) };
        this.#client.exec(request.command, options, (error, channel) => decide(this.#opened(error, channel)));
      } catch {
        this.#isUsable = false;
        decide({ kind: 'dead' });
      }
    });
  }

  end(): void {
    this.#isUsable = false;
    this.#client.end();
    setTimeout(() => this.#client.destroy(), 1_000).unref();
  }

  destroy(): void {
    this.#isUsable = false;
    this.#client.destroy();
  }

  #opened(error: Error | undefined, channel: ClientChannel): ChannelOpening {
    if (error === undefined) return { kind: 'running', command: new RemoteCommand(channel, this.#outlet) };
    // ssh2 sets `reason` on a refused channel open and on nothing else.
    if ('reason' in error) return { kind: 'full' };
    // The text of ssh2 for a connection that went away while the channel was not open yet.
    if (error.message === 'No response from server') return { kind: 'dead' };
    return {
      kind: 'failed',
      error: new TargetError('TARGET_CHANNEL_REFUSED', `the target refused the command: ${error.message}`, {
        publicMessage: 'the target refused to start the command',
      }),
    };
  }
}

function connectError(options: ConnectOptions, error: unknown, offered: Buffer | undefined): TargetError {
  const { target, account, hostKey } = options;
  const message = messageOf(error);
  const level = error instanceof Error && 'level' in error ? error.level : undefined;
  if (offered !== undefined || /no matching host key format/i.test(message)) {
    const shown = offered === undefined ? `no ${hostKey.type} key` : fingerprintOf(offered);
    options.onHostKeyMismatch({ target: target.name, pinned: hostKey.fingerprint, offered: shown });
    return new TargetError(
      'TARGET_HOST_KEY_MISMATCH',
      `target ${target.name} shows ${shown} instead of the pinned ${hostKey.fingerprint}`,
      { publicMessage: 'the host key of the target is not the pinned one; nothing was sent to it' },
    );
  }
  if (level === 'client-authentication' || level === 'agent') {
    return new TargetError('TARGET_LOGIN_REFUSED', `target ${target.name} refused account ${account}: ${message}`, {
      publicMessage: 'the target does not accept the login of the bastion',
    });
  }
  return new TargetError('TARGET_UNREACHABLE', `cannot connect to target ${target.name}: ${message}`, {
    publicMessage: 'the target cannot be reached',
    cause: error,
  });
}

function socketOf(client: object): Socket | undefined {
  return '_sock' in client && client._sock instanceof Socket ? client._sock : undefined;
}
