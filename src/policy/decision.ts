import type { CommandModel, PathObject, SimpleCommand } from '../command/model.ts';

export type Verdict = 'allow' | 'approve' | 'deny';

/** Deny beats approve beats allow. */
const strictness: Record<Verdict, number> = { allow: 0, approve: 1, deny: 2 };

export function stricter(a: Verdict, b: Verdict): Verdict {
  return strictness[a] >= strictness[b] ? a : b;
}

/** What the policy may look at besides the command itself. Time comes in as an argument: policy reads no clock. */
export interface PolicyContext {
  readonly agent: { readonly name: string; readonly owner: string; readonly labels: Readonly<Record<string, string>> };
  readonly target: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
  readonly account: string;
  readonly nowMs: number;
  readonly session: SessionFacts;
  /** The same of all connections of the agent in the last hour; what only `session` says holds for a rule that asks, too. */
  readonly recent?: (() => SessionFacts) | undefined;
}

/** What happened before in this session; counters only, never output. */
export interface SessionFacts {
  readonly commands: number;
  /** Rule id → how often it decided in this session. */
  readonly fired: Readonly<Record<string, number>>;
  readonly readPaths: readonly string[];
  readonly writtenPaths: readonly string[];
  readonly bytesOut: number;
  /** Rule id → decisions in the last hour for this agent, over all its sessions. */
  readonly lastHour: Readonly<Record<string, number>>;
  /** What was touched without being named whole: directories that were searched, globs, words nobody knew. */
  readonly unsurePaths?: readonly PathObject[] | undefined;
  /** There was more to read or write than is kept, so that a path that is not listed may have been touched. */
  readonly isPartial?: boolean | undefined;
}

/** How one part of the text came out. */
export interface PartDecision {
  readonly verdict: Verdict;
  /** Id of the rule; undefined when no rule matched. */
  readonly rule: string | undefined;
  readonly reason: string;
  /** Index into `model.commands`; undefined for a rule or guard about the whole text. */
  readonly command: number | undefined;
}

/** How much one approval may cover; each is wider than the one before. */
export type ScopeKind = 'once' | 'session' | 'time' | 'pattern';

/** No approval lasts longer than this, whatever the policy says. */
export const maxScopeCapMs = 8 * 3_600_000;

/** Who is asked as well when nobody decided for so long. */
export interface Escalation {
  readonly afterMs: number;
  readonly groups: readonly string[];
}

/** So many people of one and the same of these groups; no group named means any reviewer. */
export interface ReviewClause {
  readonly groups: readonly string[];
  readonly quorum: number;
}

export interface ReviewTerms extends ReviewClause {
  /**
   * Several clauses, each satisfied by different people. Then `groups` are all that may decide (empty: everybody), and
   * `quorum` is how many people that are together.
   */
  readonly allOf?: readonly ReviewClause[];
  readonly expiresInMs: number;
  readonly reason: 'optional' | 'required';
  readonly minReasonLength: number;
  /** What reviewers may choose; absent means only `once`. */
  readonly scopes?: readonly ScopeKind[];
  /** How long any scope but `once` lasts at most; absent means an hour. */
  readonly maxScopeMs?: number;
  /** How long until those who did not decide are told again, and again; absent means once, at half time. */
  readonly remindAfterMs?: number;
  readonly escalation?: Escalation;
}

export interface PolicyDecision {
  readonly verdict: Verdict;
  /** The rule that decided; undefined when none matched or the text was not understood. */
  readonly rule: string | undefined;
  readonly reason: string;
  /** SHA-256 of the policy, hex. */
  readonly policyHash: string;
  readonly parts: readonly PartDecision[];
  /** Present when the verdict is `approve`. */
  readonly review: ReviewTerms | undefined;
  /** What the agent may do instead, from the rule. */
  readonly instead: string | undefined;
  /** Set when a shadow rule would have decided otherwise. */
  readonly shadow: readonly { readonly verdict: Verdict; readonly rule: string }[];
  /** Rules that had a say, once for each command: all that object, and else the one that allows. */
  readonly fired?: readonly string[];
  /** Set when not the text as it was written is allowed, but the narrower one: it passes over what is hidden. */
  readonly leavesOut?: 'hidden' | undefined;
}

/** What the decision is about, and what runs when it allows: the text as it was written, or the narrower one. */
export function judgedModel(model: CommandModel, { leavesOut }: PolicyDecision): CommandModel {
  // Without a canonical text nothing runs.
  return leavesOut === undefined ? model : (model.narrower ?? { ...model, canonical: undefined });
}

export type { SimpleCommand };

/** Rules that a decision counts for, as conditions about the session see it. */
export function rulesFired({ fired, parts, rule }: PolicyDecision): readonly string[] {
  const ids = fired ?? parts.flatMap((part) => part.rule ?? []);
  return rule === undefined || ids.includes(rule) ? ids : [...ids, rule];
}
