/**
 * Who is signed in, in which browser, on whichever node they come to.
 *
 * The cookie holds a random id and a seal over it; the id's hash is the key in the store, so that neither a stolen table
 * nor a forged cookie signs anybody in. A session ends after its time, by sign-out, by revocation, or with its reviewer.
 *
 * INVARIANT: asked of the store at every request, so that a revoked session is over at once and everywhere.
 */
import { randomBytes } from 'node:crypto';
import type { Context } from 'hono';
import { z } from 'zod';
import type { ReviewerConfig } from '../config.ts';
import type { Shelf, ShelfRecord } from '../store/shelf.ts';
import type { Clock } from './clock.ts';
import { readCookie, signedInCookie, writeCookie } from './cookies.ts';
import { jsonOf } from './json.ts';
import { type Seal, sha256 } from './seal.ts';

const kind = 'web-session';
const lifetimeMs = signedInCookie.maxAgeS * 1000;
/** Beyond this the oldest of the same reviewer ends. */
const maxPerReviewer = 20;
/** Only people who signed in add one, so this is never reached by accident. */
const maxOpen = 10_000;

const signedInShape = z.object({
  reviewer: z.string(),
  sinceMs: z.int(),
  remote: z.string(),
  how: z.enum(['mail', 'token', 'passkey', 'oidc']),
});

export interface SignedIn extends Readonly<z.infer<typeof signedInShape>> {
  /** Hash of the cookie's id: safe to show and to name when revoking. */
  readonly key: string;
}

export interface SessionTerms {
  readonly shelf: Shelf;
  readonly seal: Seal;
  readonly clock: Clock;
  publicUrl(): string;
  reviewers(): readonly ReviewerConfig[];
}

export class ReviewerSessions {
  readonly #terms: SessionTerms;

  constructor(terms: SessionTerms) {
    this.#terms = terms;
  }

  /** Signs this browser in. */
  async start(c: Context, reviewer: string, how: SignedIn['how'], remote: string): Promise<SignedIn> {
    const { seal, clock, publicUrl, shelf } = this.#terms;
    const id = randomBytes(24).toString('base64url');
    const body = { reviewer, sinceMs: clock(), remote, how };
    const key = sha256(id);
    const own = await this.of(reviewer);
    for (const { key: oldest } of own.slice(0, Math.max(0, own.length + 1 - maxPerReviewer))) await this.revoke(oldest);
    await shelf.put(kind, { key, body: JSON.stringify(body), expiresAtMs: body.sinceMs + lifetimeMs }, maxOpen);
    const cookie = `${id}.${seal.issue('session-cookie', [id], lifetimeMs)}`;
    writeCookie(c, signedInCookie, publicUrl(), cookie);
    return { key, ...body };
  }

  /** Who this request comes from; undefined when nobody is signed in. */
  async read(c: Context): Promise<SignedIn | undefined> {
    const { seal, publicUrl } = this.#terms;
    const cookie = readCookie(c, signedInCookie, publicUrl());
    const dot = cookie?.indexOf('.') ?? -1;
    if (cookie === undefined || dot < 1) return undefined;
    const id = cookie.slice(0, dot);
    if (!seal.isGenuine(cookie.slice(dot + 1), 'session-cookie', [id])) return undefined;
    return this.#current(sha256(id));
  }

  async end(c: Context): Promise<void> {
    const signedIn = await this.read(c);
    if (signedIn !== undefined) await this.revoke(signedIn.key);
    writeCookie(c, signedInCookie, this.#terms.publicUrl(), '');
  }

  /** Oldest first. */
  async of(reviewer: string): Promise<readonly SignedIn[]> {
    const all = (await this.#terms.shelf.list(kind)).map((record) => this.#signedIn(record));
    return all.filter((signedIn) => signedIn !== undefined).filter((signedIn) => signedIn.reviewer === reviewer);
  }

  async isOpen(key: string): Promise<boolean> {
    return (await this.#current(key)) !== undefined;
  }

  async revoke(key: string): Promise<boolean> {
    return (await this.#terms.shelf.take(kind, key)) !== undefined;
  }

  async #current(key: string): Promise<SignedIn | undefined> {
    const record = await this.#terms.shelf.get(kind, key);
    return record && this.#signedIn(record);
  }

  /** The session, unless its time or its reviewer is gone. */
  #signedIn({ key, body, expiresAtMs }: ShelfRecord): SignedIn | undefined {
    const parsed = signedInShape.safeParse(jsonOf(body));
    if (!parsed.success || this.#terms.clock() >= expiresAtMs) return undefined;
    const isStaff = this.#terms.reviewers().some(({ name }) => name === parsed.data.reviewer);
    return isStaff ? { key, ...parsed.data } : undefined;
  }
}
