/**
 * Signs what the browser carries for us: form nonces and session cookies.
 *
 * A seal is `expiry.mac`: an HMAC-SHA-256 over length-prefixed fields, the first of which is the purpose, so that no
 * seal is good for anything but what it was made for, and no two field lists have the same bytes.
 *
 * INVARIANT: compared in constant time; a seal without a future expiry is refused.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from './clock.ts';

export type SealPurpose = 'review-form' | 'console-form' | 'session-cookie' | 'sign-in-form' | 'oidc-flow';

export class Seal {
  readonly #key: Buffer;
  readonly #clock: Clock;

  constructor(key: Buffer, clock: Clock) {
    this.#key = key;
    this.#clock = clock;
  }

  issue(purpose: SealPurpose, fields: readonly string[], lifetimeMs: number): string {
    const expiry = (this.#clock() + lifetimeMs).toString(36);
    return `${expiry}.${this.#mac(purpose, expiry, fields).toString('base64url')}`;
  }

  isGenuine(seal: string, purpose: SealPurpose, fields: readonly string[]): boolean {
    const match = /^([0-9a-z]{1,12})\.([A-Za-z0-9_-]{43})$/.exec(seal);
    const [expiry, mac] = [match?.[1], match?.[2]];
    if (expiry === undefined || mac === undefined) return false;
    // As text: the last character of base64 has bits that decoding drops, so two texts would be one seal.
    const given = Buffer.from(mac, 'latin1');
    const wanted = Buffer.from(this.#mac(purpose, expiry, fields).toString('base64url'), 'latin1');
    const isEqual = given.length === wanted.length && timingSafeEqual(given, wanted);
    return isEqual && Number.parseInt(expiry, 36) > this.#clock();
  }

  #mac(purpose: SealPurpose, expiry: string, fields: readonly string[]): Buffer {
    const mac = createHmac('sha256', this.#key);
    for (const field of [purpose, expiry, ...fields]) {
      const bytes = Buffer.from(field, 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      mac.update(length).update(bytes);
    }
    return mac.digest();
  }
}

/** Hex SHA-256, for keeping a secret's hash instead of the secret. */
export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** Whether `secret` has one of these hex SHA-256 hashes; looks at all of them whatever it finds. */
export function hasHash(secret: string, hashes: readonly string[]): boolean {
  const given = Buffer.from(sha256(secret), 'hex');
  let found = false;
  for (const hash of hashes) {
    const wanted = Buffer.from(hash, 'hex');
    if (wanted.length === given.length && timingSafeEqual(wanted, given)) found = true;
  }
  return found;
}
