/**
 * Counters that keep one peer from taking everything: connections that have not logged in, sessions and channels of an
 * agent. Each taken slot is given back exactly once.
 */
import { isIPv6 } from 'node:net';
import type { SshLimits } from '../config.ts';

/** Gives a slot back; calling it again does nothing. */
export type Release = () => void;

/** Counts slots per name, never beyond a limit. */
export class Slots {
  readonly #limit: number;
  readonly #taken = new Map<string, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Undefined when none is left for this name. */
  take(name: string): Release | undefined {
    const taken = this.#taken.get(name) ?? 0;
    if (taken >= this.#limit) return undefined;
    this.#taken.set(name, taken + 1);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const now = (this.#taken.get(name) ?? 1) - 1;
      if (now === 0) this.#taken.delete(name);
      else this.#taken.set(name, now);
    };
  }
}

/** Connections that have not logged in yet, in total and per address. */
export class Admission {
  readonly #total: Slots;
  readonly #perAddress: Slots;

  constructor(limits: Pick<SshLimits, 'maxUnauthenticated' | 'maxUnauthenticatedPerAddress'>) {
    this.#total = new Slots(limits.maxUnauthenticated);
    this.#perAddress = new Slots(limits.maxUnauthenticatedPerAddress);
  }

  /** A release, or the reason why this connection is not let in. */
  enter(address: string): Release | string {
    const releaseTotal = this.#total.take('');
    if (releaseTotal === undefined) return 'too many connections without login';
    const releaseAddress = this.#perAddress.take(networkOf(address));
    if (releaseAddress === undefined) {
      releaseTotal();
      return 'too many connections without login from this address';
    }
    return () => {
      releaseTotal();
      releaseAddress();
    };
  }
}

/** One IPv6 customer has a /64 and would otherwise have as many addresses as it likes. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!isIPv6(address)) return address;
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...before, ...Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0'), ...after];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
