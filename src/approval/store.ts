/**
 * What the holds need of a database. Two implementations, one contract suite: SQLite (embedded) and Redis (several
 * nodes).
 *
 * INVARIANT: a hold changes only through `replace`, which does nothing unless version and state are still as read.
 * INVARIANT: a promise that resolved is durable.
 */
import type { HoldQuery } from './desk.ts';
import type { Hold } from './hold.ts';

/** What an agent may have, on all nodes together. */
export interface HoldCaps {
  readonly maxPending: number;
  /** Of those opened since `sinceMs`, whatever became of them. */
  readonly maxOpened: number;
  readonly sinceMs: number;
}

export interface HoldStore {
  /**
   * `duplicate` when another pending hold has the same digest (the digest covers the agent), `full` when its agent has as
   * many as the caps allow already; then nothing changed. Counting and writing are one step.
   */
  insert(hold: Hold, caps: HoldCaps): Promise<'inserted' | 'duplicate' | 'full'>;
  get(id: string): Promise<Hold | undefined>;
  /** Which of these are not stored as pending (any more); cheap, for asking about thousands again and again. */
  settledOf(ids: readonly string[]): Promise<readonly string[]>;
  /** Compare-and-set: false, and nothing changed, when the stored hold is no longer `before`. */
  replace(before: Hold, after: Hold): Promise<boolean>;
  /** Pending and approved holds with this digest, newest first. */
  findOpen(digest: string): Promise<readonly Hold[]>;
  /** Newest first. `state` is what is stored: an expired hold nobody wrote down is still `pending` here. */
  list(query: HoldQuery): Promise<{ readonly holds: readonly Hold[]; readonly next: string | undefined }>;
  /** Pending and approved holds whose deadline is at or before `nowMs`, earliest first. */
  due(nowMs: number, limit: number): Promise<readonly Hold[]>;
  /** Drops up to `limit` holds that are final and were opened before `beforeMs`; how many. The audit log keeps them. */
  forget(beforeMs: number, limit: number): Promise<number>;
  /** How many of this agent's holds are pending, and how many it opened since `sinceMs`. */
  count(agent: string, sinceMs: number): Promise<{ readonly pending: number; readonly opened: number }>;
}

/** A mail link as it is stored: only the hash of its token. */
export interface StoredLink {
  readonly tokenHash: string;
  readonly hold: string;
  readonly reviewer: string;
  readonly expiresAtMs: number;
  readonly isUsed: boolean;
}

export interface StoredDevice {
  readonly secretHash: string;
  readonly reviewer: string;
  readonly expiresAtMs: number;
}

export interface StoredChallenge {
  readonly id: string;
  readonly reviewer: string;
  readonly hold: string;
  readonly answerHash: string;
  readonly triesLeft: number;
  readonly expiresAtMs: number;
}

/** Links, devices and challenges. */
export interface ProofStore {
  insertLink(link: StoredLink): Promise<void>;
  getLink(tokenHash: string): Promise<StoredLink | undefined>;
  /** Compare-and-set unused → used; also uses up this reviewer's other links to the same hold. */
  useLink(tokenHash: string): Promise<boolean>;
  /** Keeps the newest `keep` devices of the reviewer. */
  insertDevice(device: StoredDevice, keep: number): Promise<void>;
  getDevice(secretHash: string): Promise<StoredDevice | undefined>;
  removeDevices(reviewer: string): Promise<void>;
  /** False when this reviewer already had `most` challenges for this hold. */
  insertChallenge(challenge: StoredChallenge, most: number): Promise<boolean>;
  /**
   * Takes one try and returns the challenge as it was before; undefined when it is unknown or has none left. A taken
   * try is gone even when the caller dies.
   */
  takeTry(id: string): Promise<StoredChallenge | undefined>;
  /** Compare-and-set open → answered: true for exactly one caller. */
  closeChallenge(id: string): Promise<boolean>;
  /** Drops what expired before; callers leave a margin so that an expired link can still be told from an unknown one. */
  forgetExpired(beforeMs: number): Promise<void>;
}
