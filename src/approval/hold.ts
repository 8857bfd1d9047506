/**
 * A hold: an action that waits for reviewers.
 *
 * INVARIANT: the digest binds everything that decides what runs; whatever differs is another hold.
 * INVARIANT: state changes only by compare-and-set on `version`, and only along `pending → approved | rejected |
 * expired | withdrawn` and `approved → released | expired`.
 */
import type { ReviewClause } from '../policy/decision.ts';
import type { Outline } from './respelling.ts';
import type { ScopeChoice, ScopeOffer } from './scope.ts';

export type HoldState = 'pending' | 'approved' | 'rejected' | 'expired' | 'withdrawn' | 'released';

/** Everything the reviewer sees and the digest covers. Text fields are whole, never cut. */
export interface HeldAction {
  readonly kind: 'exec' | 'line' | 'stdin' | 'sftp' | 'forward' | 'subsystem';
  /** Exactly the bytes that would be sent, as UTF-8 text (anything else is denied before it can be held). */
  readonly command: string;
  /** How the model prints it; shown beside when it differs. */
  readonly canonical: string | undefined;
  /** The whole program given on stdin, when stdin is code. */
  readonly stdin: string | undefined;
  /**
   * What the command gets on stdin: nothing; exactly `stdin`; or bytes that flow while it runs and that nobody
   * reviewed (only for commands whose stdin is data, and the page says so).
   */
  readonly stdinUse: 'closed' | 'reviewed' | 'streamed';
  readonly environment: Readonly<Record<string, string>>;
  readonly pty: { readonly term: string; readonly cols: number; readonly rows: number } | undefined;
  readonly agent: string;
  readonly agentOwner: string;
  /** Reviewers who put in or last changed the agent's keys; absent when nobody is known to have. */
  readonly keysChangedBy?: readonly string[];
  /** `SHA256:…` of the key that signed. */
  readonly keyFingerprint: string;
  readonly target: string;
  readonly targetHostKey: string;
  readonly account: string;
  readonly policyHash: string;
}

/** Why an approval that was given does not count: they are no reviewer here any more, or the agent is theirs now. */
export type VoteLapse = 'reviewer-left' | 'own-agent';

export interface HoldDecision {
  /** Name of the reviewer; people are counted, so a name counts once. */
  readonly reviewer: string;
  readonly verdict: 'approve' | 'reject';
  readonly reason: string;
  readonly atMs: number;
  readonly channel: 'web' | 'api' | 'cli' | 'slack';
  /** The hold's groups this reviewer was in when deciding; a quorum is reached inside one group. */
  readonly groups?: readonly string[];
  /** What the approval should cover; absent means once. */
  readonly scope?: ScopeChoice;
  /** Approved alone, outside the rule. */
  readonly breakGlass?: true;
  /** While it waits, as it is now; afterwards, as it was when enough agreed. Absent: it counts. */
  readonly lapsed?: VoteLapse;
}

/** Kinds of places several people look at. */
export type ChannelKind = 'webhook' | 'ntfy' | 'slack' | 'teams';

/** Who is told: one reviewer by mail, or whoever looks at a channel of the configuration. */
export type Recipient =
  | { readonly channel: 'mail'; readonly reviewer: string }
  | { readonly channel: ChannelKind; readonly name: string };

/** What became of telling somebody. */
export type Delivery = Recipient & {
  readonly state: 'queued' | 'retrying' | 'delivered' | 'failed';
  readonly attempts: number;
  readonly atMs: number;
  /** Why the last attempt failed, in words without addresses' secrets or protocol dumps. */
  readonly reason?: string;
};

/** What was rejected shortly before, and is asked again here. */
export interface Respelling {
  /** Id of the hold that was rejected. */
  readonly hold: string;
  readonly command: string;
  readonly reviewer: string;
  readonly atMs: number;
  /** The same text; otherwise the same effects on the same objects in another form. */
  readonly isSame: boolean;
}

export interface Hold {
  readonly id: string;
  /** Hex SHA-256 over the length-prefixed fields of `action`. */
  readonly digest: string;
  readonly version: number;
  readonly state: HoldState;
  readonly action: HeldAction;
  /** Why it was held, for people. */
  readonly reason: string;
  readonly rule: string | undefined;
  /** The parts of the command with their verdicts, for the page and the mail. */
  readonly parts: readonly { readonly text: string; readonly verdict: string; readonly reason: string }[];
  /** What it would do, in words. */
  readonly effects: readonly string[];
  /** Who may decide; empty means every reviewer. */
  readonly groups: readonly string[];
  /** How many people, in all. */
  readonly quorum: number;
  /** Several clauses, each filled by different people; absent means `quorum` people of one of `groups`. */
  readonly allOf?: readonly ReviewClause[];
  readonly reasonRequired: boolean;
  /** Of an approval's reason, in characters; 0 or undefined means any. */
  readonly minReasonLength?: number;
  readonly session: string;
  readonly channel: string;
  /** What this agent asked for in the last hour, newest last, capped. */
  readonly before: readonly { readonly command: string; readonly verdict: string; readonly atMs: number }[];
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly decidedAtMs: number | undefined;
  readonly decisions: readonly HoldDecision[];
  /** False once the agent's connection is gone: an approval then becomes a grant. */
  readonly isAgentWaiting: boolean;
  /** Id of the decision in the audit log that led here. */
  readonly actionId?: string;
  /** When an approval that nobody used stops being one; set on approval. */
  readonly grantExpiresAtMs?: number;
  /** For telling whether a later command is this one in another form. */
  readonly outline?: Outline;
  readonly respelling?: Respelling;
  /** Who was told and how it went. Everybody failed: nobody could be reached. */
  readonly deliveries?: readonly Delivery[];
  /** How long until those who did not decide are told again, and again; absent means once, at half time. */
  readonly remindAfterMs?: number;
  /** Who may decide as well when nobody did for so long, and since when they may. */
  readonly escalation?: { readonly afterMs: number; readonly groups: readonly string[]; readonly doneAtMs?: number };
  /** What an approval may cover beyond one run; absent means nothing. */
  readonly scopes?: ScopeOffer;
}
