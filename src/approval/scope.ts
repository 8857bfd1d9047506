/**
 * A scope: an approval that covers more than one run. Pure; time comes in as an argument.
 *
 * INVARIANT: `session` and `time` cover only the digest that was reviewed, so that a changed policy, key, host key or
 * byte ends them; every scope belongs to one agent, key, target and account, covers only what would have been asked of
 * the same people, expires, and can be revoked.
 */

import type { ScopeKind } from '../policy/decision.ts';
import type { GeneralCommand } from '../policy/scope-pattern.ts';
import type { HeldAction, Hold } from './hold.ts';
import { maxReasonLength } from './reason.ts';
import { approversOf, isOwnAffair } from './state.ts';

/** What one reviewer chose. */
export interface ScopeChoice {
  readonly kind: ScopeKind;
  /** How long; ignored for `once`, and never longer than the hold's `maxScopeMs`. */
  readonly forMs?: number;
  /** For `pattern`. */
  readonly pattern?: string;
}

/** What reviewers of a hold may choose. */
export interface ScopeOffer {
  readonly kinds: readonly ScopeKind[];
  readonly maxMs: number;
  /** Who had to agree, in the policy's words. */
  readonly terms?: string;
  /** Present when a pattern may be made. */
  readonly general?: GeneralCommand;
}

export interface Scope {
  readonly id: string;
  readonly version: number;
  readonly kind: Exclude<ScopeKind, 'once'>;
  readonly agent: string;
  readonly keyFingerprint: string;
  readonly target: string;
  readonly targetHostKey: string;
  readonly account: string;
  /** Of the action that was reviewed. */
  readonly digest: string;
  /** Who had to agree to it, in the policy's words. */
  readonly terms?: string;
  /** What was reviewed, for people. */
  readonly command: string;
  /** Set for `pattern` only. */
  readonly pattern?: {
    readonly text: string;
    readonly general: GeneralCommand;
    readonly policyHash: string;
    readonly environment: string;
  };
  /** Set for `session` only. */
  readonly session?: string;
  readonly createdBy: readonly string[];
  readonly hold: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly uses: number;
  readonly revokedAtMs?: number;
  readonly revokedBy?: string;
}

/** What an agent asks for now. */
export interface AskedScope {
  readonly action: HeldAction;
  readonly session: string;
  /** Who would have to agree. */
  readonly terms?: string;
  /** Whether a pattern covers the command as it was understood. */
  readonly isCovered: (pattern: string, general: GeneralCommand) => boolean;
}

export function isLive(scope: Scope, nowMs: number): boolean {
  return scope.revokedAtMs === undefined && nowMs < scope.expiresAtMs && nowMs >= scope.createdAtMs;
}

/** `digest` is that of `asked.action`; the caller computes it once. */
export function covers(scope: Scope, asked: AskedScope, digest: string, nowMs: number): boolean {
  const { action } = asked;
  const isSame =
    scope.agent === action.agent &&
    scope.keyFingerprint === action.keyFingerprint &&
    scope.target === action.target &&
    scope.targetHostKey === action.targetHostKey &&
    scope.account === action.account;
  // Streamed stdin is not in the digest, so that another run would not be the same action.
  if (!isSame || !isLive(scope, nowMs) || action.stdinUse === 'streamed') return false;
  // At another hour, after something else, or for another file a rule may ask other people.
  if (scope.terms !== asked.terms) return false;
  // Whoever owns the agent or its keys by now would have approved for themselves.
  if (scope.createdBy.some((name) => isOwnAffair(action, name))) return false;
  switch (scope.kind) {
    case 'session':
      return scope.session === asked.session && scope.digest === digest;
    case 'time':
      return scope.digest === digest;
    case 'pattern':
      return (
        scope.pattern !== undefined &&
        scope.pattern.policyHash === action.policyHash &&
        action.kind === 'exec' &&
        action.stdinUse === 'closed' &&
        scope.pattern.environment === environmentKey(action) &&
        asked.isCovered(scope.pattern.text, scope.pattern.general)
      );
    default:
      return false;
  }
}

/** Why this choice is not on offer, in words; undefined when it is. `patternProblem` is the policy's. */
export function choiceProblem(
  hold: Hold,
  choice: ScopeChoice,
  patternProblem: (text: string, general: GeneralCommand) => string | undefined,
): string | undefined {
  if (choice.kind === 'once') return undefined;
  const offer = hold.scopes;
  if (offer === undefined || !offer.kinds.includes(choice.kind))
    return 'The policy does not let this be approved for more than once.';
  if (
    choice.forMs !== undefined &&
    !(Number.isSafeInteger(choice.forMs) && choice.forMs >= 1_000 && choice.forMs <= offer.maxMs)
  )
    return `At most ${Math.floor(offer.maxMs / 60_000)} minutes.`;
  if (choice.kind !== 'pattern') return choice.pattern === undefined ? undefined : 'Only a pattern has a pattern.';
  if (offer.general === undefined) return 'This command may only be approved as it is.';
  if (choice.pattern === undefined || choice.pattern.length > maxReasonLength)
    return 'The pattern is missing or too long.';
  return patternProblem(choice.pattern, offer.general);
}

const rank: Readonly<Record<ScopeKind, number>> = { once: 0, session: 1, time: 2, pattern: 3 };

/** The scope that everybody who approved agreed to: the narrowest kind, the shortest time, one and the same pattern. */
export function agreedChoice(hold: Hold): ScopeChoice & { readonly forMs: number } {
  const longest = hold.scopes?.maxMs ?? 0;
  const choices = hold.decisions
    .filter(({ verdict }) => verdict === 'approve')
    .map(({ scope }): ScopeChoice => scope ?? { kind: 'once' });
  const forMs = Math.min(longest, ...choices.map((choice) => choice.forMs ?? longest));
  const [first = { kind: 'once' as const }] = choices.toSorted((a, b) => rank[a.kind] - rank[b.kind]);
  if (first.kind !== 'pattern') return { kind: first.kind, forMs };
  const isOne = choices.every(({ pattern }) => pattern === first.pattern) && first.pattern !== undefined;
  // Two people who drew different patterns agree on the command they both saw.
  return isOne ? { kind: 'pattern', forMs, pattern: first.pattern } : { kind: 'time', forMs };
}

/** The scope an approved hold grants; undefined for `once`. Its id comes from the hold's, so that there is one per hold. */
export function scopeOf(hold: Hold, nowMs: number): Scope | undefined {
  const { kind, forMs, pattern } = agreedChoice(hold);
  if (hold.state !== 'approved' || kind === 'once' || forMs <= 0 || !hold.scopes?.kinds.includes(kind))
    return undefined;
  const { action, scopes } = hold;
  if (kind === 'pattern' && (pattern === undefined || scopes.general === undefined)) return undefined;
  return {
    id: hold.id.replace(/^h-/, 's-'),
    version: 1,
    kind,
    agent: action.agent,
    keyFingerprint: action.keyFingerprint,
    target: action.target,
    targetHostKey: action.targetHostKey,
    account: action.account,
    digest: hold.digest,
    ...(scopes.terms === undefined ? {} : { terms: scopes.terms }),
    command: action.command,
    ...(kind === 'pattern' && pattern !== undefined && scopes.general !== undefined
      ? {
          pattern: {
            text: pattern,
            general: scopes.general,
            policyHash: action.policyHash,
            environment: environmentKey(action),
          },
        }
      : {}),
    ...(kind === 'session' ? { session: hold.session } : {}),
    createdBy: approversOf(hold),
    hold: hold.id,
    createdAtMs: nowMs,
    expiresAtMs: nowMs + forMs,
    uses: 0,
  };
}

function environmentKey({ environment }: HeldAction): string {
  return JSON.stringify(Object.entries(environment).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
