/**
 * Signing in by mail: a code that works once, for minutes, and only in the browser that asked for it.
 *
 * A mail scanner opens every link and runs every script; it has the code but not the cookie of the browser that asked. A
 * stranger who asks for somebody's mail has the cookie but not the code.
 *
 * INVARIANT: cookie and code are kept as hashes; a code is compared in constant time and a few times only.
 */
import { randomBytes, randomInt } from 'node:crypto';
import type { ReviewerConfig } from '../config.ts';
import type { Clock } from './clock.ts';
import { hasHash, sha256 } from './seal.ts';

const lifetimeMs = 10 * 60_000;
const maxTries = 5;
const maxOpen = 5_000;
/** Crockford's alphabet: nothing to confuse. Ten of 32 are 50 bits, with five tries. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const codeLength = 10;

interface OpenSignIn {
  /** Undefined when the address belongs to nobody: the answer must look the same. */
  readonly reviewer: string | undefined;
  readonly codeHash: string;
  readonly expiresAtMs: number;
  tries: number;
}

export class SignIns {
  readonly #clock: Clock;
  readonly #open = new Map<string, OpenSignIn>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start(reviewer: ReviewerConfig | undefined): {
    readonly cookie: string;
    readonly code: string;
    readonly expiresAtMs: number;
  } {
    const cookie = randomBytes(24).toString('base64url');
    const code = Array.from({ length: codeLength }, () => alphabet[randomInt(alphabet.length)]).join('');
    const expiresAtMs = this.#clock() + lifetimeMs;
    this.#open.set(sha256(cookie), { reviewer: reviewer?.name, codeHash: sha256(code), expiresAtMs, tries: 0 });
    const oldest = this.#open.size > maxOpen ? this.#open.keys().next().value : undefined;
    if (oldest !== undefined) this.#open.delete(oldest);
    return { cookie, code, expiresAtMs };
  }

  /** The reviewer whose code this is, once. */
  finish(cookie: string | undefined, typed: string): string | undefined {
    const key = sha256(cookie ?? '');
    const open = this.#open.get(key);
    if (cookie === undefined || open === undefined) return undefined;
    open.tries++;
    const isLive = open.tries <= maxTries && this.#clock() < open.expiresAtMs;
    const isRight = hasHash(plain(typed), [open.codeHash]);
    if (!isLive || isRight) this.#open.delete(key);
    return isLive && isRight ? open.reviewer : undefined;
  }
}

/** As people type it: lower case, with the dash, `O` for zero. */
function plain(typed: string): string {
  return typed
    .slice(0, 100)
    .toUpperCase()
    .replaceAll(/[^0-9A-Z]/g, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1');
}

/** In two halves, for reading aloud. */
export function readable(code: string): string {
  return `${code.slice(0, codeLength / 2)}-${code.slice(codeLength / 2)}`;
}
