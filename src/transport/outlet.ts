/**
 * What both legs need from an ssh2 connection beyond its documented interface.
 *
 * ssh2 ignores the return value of `socket.write()` and, while keys are renegotiated, queues packets in an array
 * without an end. A peer that grants a huge window and then stops reading its socket, or that starts a key exchange and
 * never finishes it, would fill our memory. So nobody hands bytes to ssh2 while its outlet is blocked.
 *
 * INVARIANT: bytes waiting inside ssh2 for one connection stay below `maxUnsentBytes` plus one write per channel.
 */
import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { SallyportError } from '../errors.ts';

/** Enough to keep a fast link busy while node polls for the next drain. */
const maxUnsentBytes = 1 << 20;
/** A peer that has not finished a key exchange by then has gone or is hostile. */
const maxRekeyMs = 60_000;
/** A key exchange costs us about a millisecond of the whole process; honest peers renew keys after megabytes or hours. */
const minBytesPerRekey = 64 * 1024;
const maxNeedlessRekeys = 60;

interface Internals {
  readonly _sock: Socket;
  readonly _protocol: {
    /** Set from the moment our KEXINIT is sent until the exchange is complete. */
    readonly _kexinit: unknown;
    rekey(): void;
    signal(channel: number, name: string): void;
  };
}

function hasInternals(value: object): value is Internals {
  return '_sock' in value && '_protocol' in value && typeof value._protocol === 'object' && value._protocol !== null;
}

/** Reads ssh2's private fields; `patched.ts` pins the version they are known for. */
function internalsOf(connection: EventEmitter): Internals {
  if (!hasInternals(connection)) {
    throw new SallyportError('TRANSPORT_UNKNOWN_LIBRARY', 'this ssh2 connection has no socket or protocol');
  }
  return connection;
}

export interface RekeyLimits {
  readonly rekeyBytes: number;
  readonly rekeyMs: number;
}

/** The sending side of one SSH connection: says when to wait, renews the keys, and knows the socket. */
export class Outlet {
  readonly socket: Socket;
  readonly #protocol: Internals['_protocol'];
  readonly #limits: RekeyLimits;
  #waiters: (() => void)[] = [];
  #rekeyedAtMs: number;
  #rekeyedAtBytes = 0;
  #exchangedAtBytes = 0;
  #needlessRekeys = 0;
  #rekeyingSinceMs: number | undefined;

  constructor(connection: EventEmitter, limits: RekeyLimits, nowMs: number) {
    const internals = internalsOf(connection);
    this.socket = internals._sock;
    this.#protocol = internals._protocol;
    this.#limits = limits;
    this.#rekeyedAtMs = nowMs;
    const wake = () => this.#wake();
    this.socket.on('drain', wake).on('close', wake);
    connection.on('handshake', () => {
      this.#countRekey();
      // ssh2 clears its state after this event, so look again in the next turn.
      setImmediate(wake);
    });
  }

  get isClosed(): boolean {
    return this.socket.destroyed || this.socket.closed;
  }

  get isBlocked(): boolean {
    return !this.isClosed && (this.socket.writableLength > maxUnsentBytes || this.#isRekeying);
  }

  /** Calls back at once when bytes may be handed to ssh2, otherwise as soon as they may, or the connection is gone. */
  whenOpen(callback: () => void): void {
    if (this.isBlocked) this.#waiters.push(callback);
    else callback();
  }

  /** RFC 4254 section 6.9. ssh2's own method sends nothing once our side of the channel is at EOF. */
  signal(channel: number, name: string): void {
    if (!this.isClosed) this.#protocol.signal(channel, name);
  }

  /** To be called about every second. Returns why the connection should end; undefined while all is well. */
  renewKeys(nowMs: number): string | undefined {
    if (this.#needlessRekeys > maxNeedlessRekeys) return 'keys were renewed far too often';
    if (this.#isRekeying) {
      this.#rekeyingSinceMs ??= nowMs;
      return nowMs - this.#rekeyingSinceMs < maxRekeyMs ? undefined : 'key exchange was not finished';
    }
    this.#rekeyingSinceMs = undefined;
    const bytes = this.#bytes;
    if (bytes - this.#rekeyedAtBytes >= this.#limits.rekeyBytes || nowMs - this.#rekeyedAtMs >= this.#limits.rekeyMs) {
      this.#rekeyedAtBytes = bytes;
      this.#rekeyedAtMs = nowMs;
      if (!this.isClosed) this.#protocol.rekey();
    }
    return undefined;
  }

  get #bytes(): number {
    return this.socket.bytesRead + this.socket.bytesWritten;
  }

  #countRekey(): void {
    if (this.#bytes - this.#exchangedAtBytes < minBytesPerRekey) this.#needlessRekeys += 1;
    this.#exchangedAtBytes = this.#bytes;
  }

  get #isRekeying(): boolean {
    return this.#protocol._kexinit !== undefined;
  }

  #wake(): void {
    if (this.isBlocked) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) this.whenOpen(waiter);
  }
}
