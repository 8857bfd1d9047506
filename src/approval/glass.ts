/**
 * Breaking the glass: one person of one configured group approves alone what the rule wants others, or more people, for.
 * Pure.
 *
 * It replaces the rule's groups, clauses and quorum, and nothing else.
 *
 * INVARIANT: it approves, once, with a reason; it is refused where the configuration names no group. Everything that
 * bars a person from a hold bars them here: the caller asks that first.
 */
import type { DecideRefusal, DecideRequest } from './desk.ts';
import type { Hold, HoldDecision } from './hold.ts';

export interface BreakGlassTerms {
  /** Its members may. */
  readonly group: string;
  /** Of the reason, in characters. */
  readonly minReasonLength: number;
}

/** The decision that was outside the rule, if there is one. */
export function brokenGlass({ decisions }: Pick<Hold, 'decisions'>): HoldDecision | undefined {
  return decisions.find(({ breakGlass }) => breakGlass === true);
}

/** Whether this person may be offered it; whether they may decide on a hold at all is another question. */
export function mayBreakGlass(reviewer: { readonly groups: readonly string[] }, terms: BreakGlassTerms | undefined) {
  return terms !== undefined && reviewer.groups.includes(terms.group);
}

/** Why this person may not do it, or not in this way; undefined when they may. */
export function glassRefusal(
  { verdict, scope, channel }: DecideRequest,
  reviewer: { readonly groups: readonly string[] },
  terms: BreakGlassTerms | undefined,
): { readonly code: DecideRefusal; readonly message: string } | undefined {
  if (terms === undefined)
    return { code: 'BREAK_GLASS_OFF', message: 'No break_glass group is configured, so the rule has no exception.' };
  if (!mayBreakGlass(reviewer, terms))
    return { code: 'BREAK_GLASS_NOT_ALLOWED', message: `Only members of ${terms.group} may break the glass.` };
  if (verdict !== 'approve' || (scope !== undefined && scope.kind !== 'once') || channel === 'slack')
    return { code: 'BREAK_GLASS_ONLY_ONCE', message: 'Breaking the glass approves this one run, and not in Slack.' };
  return undefined;
}
