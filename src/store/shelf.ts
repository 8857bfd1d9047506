/**
 * Small records with an end that every node must see the same: who is signed in, challenges that were given, which agent
 * was switched off, which node has which session.
 *
 * INVARIANT: a promise that resolved is durable; `replace` and `take` succeed for exactly one of many callers.
 */
export type ShelfKind =
  | 'web-session'
  | 'sign-in'
  | 'passkey-challenge'
  | 'passkey'
  | 'agent-strike'
  | 'agent-lock'
  | 'agent-switch'
  | 'node'
  | 'session-ending';

export interface ShelfRecord {
  readonly key: string;
  readonly body: string;
  /** From then on it is as if it were not there. */
  readonly expiresAtMs: number;
}

export interface Shelf {
  /** Puts or replaces. Of more than `most` of a kind, those that end first fall out: strangers can add some kinds. */
  put(kind: ShelfKind, record: ShelfRecord, most: number): Promise<void>;
  get(kind: ShelfKind, key: string): Promise<ShelfRecord | undefined>;
  /** Those that end first come first. */
  list(kind: ShelfKind): Promise<readonly ShelfRecord[]>;
  /** Compare-and-set over the body: false, and nothing changed, when it is no longer `before`. */
  replace(kind: ShelfKind, before: ShelfRecord, after: ShelfRecord): Promise<boolean>;
  /** Removes it; undefined for all but one caller, and when there is none. */
  take(kind: ShelfKind, key: string): Promise<ShelfRecord | undefined>;
}
