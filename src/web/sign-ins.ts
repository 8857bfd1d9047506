/**
 * Signing in by mail: a code that works once, for minutes, and only in the browser that asked for it.
 *
 * A mail scanner opens every link and runs every script; it has the code but not the cookie of the browser that asked. A
 * stranger who asks for somebody's mail has the cookie but not the code.
 *
 * INVARIANT: cookie and code are kept as hashes; a code is compared in constant time and a few times only.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { z } from 'zod';
import type { ReviewerConfig } from '../config.ts';
import type { Shelf } from '../store/shelf.ts';
import type { Clock } from './clock.ts';
import { jsonOf } from './json.ts';
import { hasHash, sha256 } from './seal.ts';

const kind = 'sign-in';
const lifetimeMs = 10 * 60_000;
const maxTries = 5;
const maxOpen = 5_000;
/** Crockford's alphabet: nothing to confuse. Ten of 32 are 50 bits, with five tries. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const codeLength = 10;

const openShape = z.object({
  /** Absent when the address belongs to nobody: the answer must look the same. */
  reviewer: z.string().optional(),
  codeHash: z.string(),
  tries: z.int(),
});

export class SignIns {
  readonly #shelf: Shelf;
  readonly #clock: Clock;

  constructor(shelf: Shelf, clock: Clock) {
    this.#shelf = shelf;
    this.#clock = clock;
  }

  async start(reviewer: ReviewerConfig | undefined): Promise<{
    readonly cookie: string;
    readonly code: string;
    readonly expiresAtMs: number;
  }> {
    const cookie = randomBytes(24).toString('base64url');
    const code = Array.from({ length: codeLength }, () => alphabet[randomInt(alphabet.length)]).join('');
    const expiresAtMs = this.#clock() + lifetimeMs;
    const body = JSON.stringify({ reviewer: reviewer?.name, codeHash: sha256(code), tries: 0 });
    await this.#shelf.put(kind, { key: sha256(cookie), body, expiresAtMs }, maxOpen);
    return { cookie, code, expiresAtMs };
  }

  /** The reviewer whose code this is, once. */
  async finish(cookie: string | undefined, typed: string): Promise<string | undefined> {
    const key = sha256(cookie ?? '');
    const before = await this.#shelf.get(kind, key);
    const open = before && openShape.safeParse(jsonOf(before.body)).data;
    if (cookie === undefined || before === undefined || open === undefined) return undefined;
    const tries = open.tries + 1;
    const isLive = tries <= maxTries && this.#clock() < before.expiresAtMs;
    // A try counts before it is looked at; of several at the same time only one is.
    const after = { ...before, body: JSON.stringify({ ...open, tries }) };
    if (!(await this.#shelf.replace(kind, before, after))) return undefined;
    const isRight = hasHash(plain(typed), [open.codeHash]);
    if (isLive && !isRight) return undefined;
    const isOurs = (await this.#shelf.take(kind, key)) !== undefined;
    return isOurs && isLive && isRight ? open.reviewer : undefined;
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
