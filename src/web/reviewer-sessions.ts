/**
 * Who is signed in, in which browser.
 *
 * The cookie holds a random id and a seal over it; the id's hash is the key here, so that neither a stolen table nor a
 * forged cookie signs anybody in. A session ends after its time, by sign-out, by revocation, or with its reviewer.
 *
 * Kept in memory on purpose: after a restart reviewers sign in again, and nobody stays signed in by accident.
 */
import { randomBytes } from 'node:crypto';
import type { Context } from 'hono';
import type { ReviewerConfig } from '../config.ts';
import type { Clock } from './clock.ts';
import { readCookie, signedInCookie, writeCookie } from './cookies.ts';
import { type Seal, sha256 } from './seal.ts';

const lifetimeMs = signedInCookie.maxAgeS * 1000;
/** Beyond this the oldest of the same reviewer ends. */
const maxPerReviewer = 20;

export interface SignedIn {
  /** Hash of the cookie's id: safe to show and to name when revoking. */
  readonly key: string;
  readonly reviewer: string;
  readonly sinceMs: number;
  readonly remote: string;
  readonly how: 'mail' | 'token' | 'passkey' | 'oidc';
}

export interface SessionTerms {
  readonly seal: Seal;
  readonly clock: Clock;
  publicUrl(): string;
  reviewers(): readonly ReviewerConfig[];
}

export class ReviewerSessions {
  readonly #terms: SessionTerms;
  readonly #open = new Map<string, SignedIn>();

  constructor(terms: SessionTerms) {
    this.#terms = terms;
  }

  /** Signs this browser in. */
  start(c: Context, reviewer: string, how: SignedIn['how'], remote: string): SignedIn {
    const { seal, clock, publicUrl } = this.#terms;
    const id = randomBytes(24).toString('base64url');
    const signedIn: SignedIn = { key: sha256(id), reviewer, sinceMs: clock(), remote, how };
    const own = this.of(reviewer);
    if (own.length >= maxPerReviewer && own[0] !== undefined) this.revoke(own[0].key);
    this.#open.set(signedIn.key, signedIn);
    const cookie = `${id}.${seal.issue('session-cookie', [id], lifetimeMs)}`;
    writeCookie(c, signedInCookie, publicUrl(), cookie);
    return signedIn;
  }

  /** Who this request comes from; undefined when nobody is signed in. */
  read(c: Context): SignedIn | undefined {
    const { seal, publicUrl } = this.#terms;
    const cookie = readCookie(c, signedInCookie, publicUrl());
    const dot = cookie?.indexOf('.') ?? -1;
    if (cookie === undefined || dot < 1) return undefined;
    const id = cookie.slice(0, dot);
    if (!seal.isGenuine(cookie.slice(dot + 1), 'session-cookie', [id])) return undefined;
    return this.#current(sha256(id));
  }

  end(c: Context): void {
    const signedIn = this.read(c);
    if (signedIn !== undefined) this.#open.delete(signedIn.key);
    writeCookie(c, signedInCookie, this.#terms.publicUrl(), '');
  }

  /** Oldest first. */
  of(reviewer: string): readonly SignedIn[] {
    const keys = [...this.#open.values()].filter((signedIn) => signedIn.reviewer === reviewer).map(({ key }) => key);
    return keys.map((key) => this.#current(key)).filter((signedIn) => signedIn !== undefined);
  }

  isOpen(key: string): boolean {
    return this.#current(key) !== undefined;
  }

  revoke(key: string): boolean {
    return this.#open.delete(key);
  }

  /** The session, unless its time or its reviewer is gone; then it is forgotten. */
  #current(key: string): SignedIn | undefined {
    const signedIn = this.#open.get(key);
    if (signedIn === undefined) return undefined;
    const isYoung = this.#terms.clock() - signedIn.sinceMs < lifetimeMs;
    if (isYoung && this.#terms.reviewers().some((reviewer) => reviewer.name === signedIn.reviewer)) return signedIn;
    this.#open.delete(key);
    return undefined;
  }
}
