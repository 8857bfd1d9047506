/**
 * A token bucket per key, for attempts at secrets and for API calls.
 *
 * INVARIANT: memory is bounded: a full table forgets the key that was idle longest, so a flood from many addresses
 * costs its own history and nothing else.
 */
import { isIPv6 } from 'node:net';
import type { Clock } from './clock.ts';

export interface RateTerms {
  /** How many at once. */
  readonly burst: number;
  readonly perMinute: number;
}

/** One entry is about 100 bytes; this is a megabyte. */
const maxKeys = 10_000;

/**
 * Whoever has one IPv6 address has the 2^64 of its network, so they count as one. Anything else is itself.
 * SPEC: RFC 4291 section 2.5.1
 */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [head = '', tail] = (address.split('%')[0] ?? '').toLowerCase().split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - front.length - back.length;
  const groups = [...front, ...Array.from({ length: Math.max(0, zeros) }, () => '0'), ...back];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

export class RateLimit {
  readonly #terms: RateTerms;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, { left: number; atMs: number }>();

  constructor(terms: RateTerms, clock: Clock) {
    this.#terms = terms;
    this.#clock = clock;
  }

  /** Takes one; answers 0 when there was one, else the seconds until there is one again. */
  take(name: string): number {
    const key = networkOf(name);
    const nowMs = this.#clock();
    const { burst, perMinute } = this.#terms;
    const bucket = this.#buckets.get(key) ?? { left: burst, atMs: nowMs };
    const refilled = Math.min(burst, bucket.left + (Math.max(0, nowMs - bucket.atMs) / 60_000) * perMinute);
    const isAllowed = refilled >= 1;
    // Deleting first moves the key to the end: the map's order is the order of last use.
    this.#buckets.delete(key);
    this.#buckets.set(key, { left: isAllowed ? refilled - 1 : refilled, atMs: nowMs });
    if (this.#buckets.size > maxKeys) {
      const idlest = this.#buckets.keys().next().value;
      if (idlest !== undefined) this.#buckets.delete(idlest);
    }
    return isAllowed ? 0 : Math.max(1, Math.ceil(((1 - refilled) / perMinute) * 60));
  }
}
