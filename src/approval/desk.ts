/**
 * What the reviewers' side (web, API, command line) may do with holds, and what it is told when it may not.
 * The gate's side of the same desk is `Holds` in gate/ports.ts.
 */
import type { Hold, HoldState } from './hold.ts';
import type { Scope, ScopeChoice } from './scope.ts';

export interface DecideRequest {
  /** Name of the reviewer whose proof (token, device, bearer token) was checked by the caller. */
  readonly reviewer: string;
  readonly verdict: 'approve' | 'reject';
  readonly reason: string;
  readonly channel: 'web' | 'api' | 'cli' | 'slack';
  readonly remote: string | undefined;
  /** The digest the reviewer was shown; refused when the hold has another. */
  readonly digest: string;
  /** Of an approval; absent means once. */
  readonly scope?: ScopeChoice;
  /** Approves alone and outside the rule; only whoever asks for it in so many words sets this. */
  readonly breakGlass?: true;
}

export type DecideRefusal =
  | 'HOLD_NOT_FOUND'
  | 'HOLD_NOT_PENDING'
  | 'HOLD_CHANGED'
  | 'REVIEWER_NOT_ALLOWED'
  | 'REVIEWER_IS_OWNER'
  | 'REVIEWER_CHANGED_KEYS'
  | 'REVIEWER_DECIDED_ALREADY'
  | 'REASON_REQUIRED'
  | 'REASON_TOO_LONG'
  | 'SCOPE_NOT_OFFERED'
  | 'BREAK_GLASS_OFF'
  | 'BREAK_GLASS_NOT_ALLOWED'
  | 'BREAK_GLASS_ONLY_ONCE';

export type DecideOutcome =
  /** `hold.state` is still `pending` when the quorum wants more people. */
  | { readonly kind: 'recorded'; readonly hold: Hold }
  | {
      readonly kind: 'refused';
      readonly code: DecideRefusal;
      readonly message: string;
      readonly hold: Hold | undefined;
    };

export interface HoldQuery {
  readonly state: HoldState | undefined;
  readonly agent: string | undefined;
  readonly limit: number;
  /** From the previous page; undefined for the first. */
  readonly cursor: string | undefined;
}

export interface HoldDesk {
  get(id: string): Promise<Hold | undefined>;
  /** Newest first. */
  list(query: HoldQuery): Promise<{ readonly holds: readonly Hold[]; readonly next: string | undefined }>;
  /** Audited before it takes effect. Every refusal is audited too. */
  decide(id: string, request: DecideRequest): Promise<DecideOutcome>;
  /** Called after each change of any hold; returns the unsubscriber. */
  onChange(listener: (hold: Hold) => void): () => void;
}

/** The scopes that are in force, for the console. */
export interface ScopeDesk {
  /** Newest first. */
  live(): Promise<readonly Scope[]>;
  /** In effect when it resolves. False when it was over already. */
  revoke(id: string, reviewer: string): Promise<boolean>;
}

/** Why a mail link does not work. The page says it in words; the audit log has the event. */
export type LinkRefusal = 'malformed' | 'altered' | 'unknown' | 'used' | 'expired' | 'foreign';

export type LinkCheck =
  | { readonly kind: 'valid'; readonly hold: Hold; readonly reviewer: string }
  | { readonly kind: 'refused'; readonly why: LinkRefusal; readonly hold: Hold | undefined };

/**
 * Mail links. A token is bound to one hold, its digest and one reviewer by an HMAC over length-prefixed fields,
 * stored as a hash, used once, and dies with the hold.
 */
export interface ReviewLinks {
  /** Makes the token that goes into the fragment of the link. Called by the mail job; safe to repeat. */
  issue(hold: Hold, reviewer: string): Promise<string>;
  /** Looks without using it up. `remote` is who asks, for the audit event of a refusal. */
  check(token: string, remote?: string): Promise<LinkCheck>;
  /** Uses it up by compare-and-set; `used` when somebody was faster. */
  use(token: string, remote?: string): Promise<LinkCheck>;
}

/**
 * Devices a reviewer has confirmed. Approving from a device that is not known needs the challenge: a short text the
 * page shows as a picture-free puzzle for people ("type the last word of the command's target"), new each time.
 */
export interface ReviewerDevices {
  /** A cookie value that marks this device for this reviewer; stored as a hash. */
  remember(reviewer: string): Promise<string>;
  isKnown(reviewer: string, cookie: string): Promise<boolean>;
  /** A fresh challenge bound to reviewer and hold; at most a handful of tries, then the hold needs another channel. */
  challenge(reviewer: string, holdId: string): Promise<{ readonly id: string; readonly text: string }>;
  answer(id: string, reviewer: string, holdId: string, typed: string): Promise<boolean>;
}
