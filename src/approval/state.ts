/**
 * What may become of a hold. Pure: time comes in as an argument, the next hold comes out as a value.
 *
 * Refuses everything that is not one of `pending → approved | rejected | expired | withdrawn` and
 * `approved → released | expired`.
 *
 * INVARIANT: an expired hold is not approved and an expired grant is not released, however late the clock is read.
 * INVARIANT: breaking the glass replaces the rule's groups and quorum only, once, with a reason.
 * INVARIANT: nobody counts twice, neither the agent's owner nor whoever put in its keys ever counts, and one rejection is
 * final.
 */
import type { DecideRefusal, DecideRequest } from './desk.ts';
import { countsFor, decidingGroups } from './escalation.ts';
import { type BreakGlassTerms, glassRefusal } from './glass.ts';
import type { Delivery, HeldAction, Hold, HoldDecision, HoldState, Recipient, VoteLapse } from './hold.ts';
import { type ClauseTally, isFilled, tally } from './quorum.ts';
import { leastReasonLength, reasonProblem } from './reason.ts';

export type Step =
  | { readonly kind: 'moved'; readonly hold: Hold }
  | { readonly kind: 'refused'; readonly code: DecideRefusal; readonly message: string };

/** What the state machine needs to know of the person who decides. */
export interface DecidingReviewer {
  readonly name: string;
  readonly groups: readonly string[];
  /** Undefined means a plain reviewer; an auditor or administrator who is not one decides nothing. */
  readonly roles?: readonly string[];
}

/** When this hold stops being what it is by itself; undefined for a final one. */
export function deadlineMs(hold: Hold): number | undefined {
  if (hold.state === 'pending') return hold.expiresAtMs;
  if (hold.state === 'approved') return hold.grantExpiresAtMs ?? hold.expiresAtMs;
  return undefined;
}

/** The state a reader must see at `nowMs`, even when nobody has written it down yet. */
export function stateAt(hold: Hold, nowMs: number): HoldState {
  const deadline = deadlineMs(hold);
  return deadline !== undefined && nowMs >= deadline ? 'expired' : hold.state;
}

/** The hold as a reader must see it at `nowMs`. */
export function seenAt(hold: Hold, nowMs: number): Hold {
  const state = stateAt(hold, nowMs);
  return state === hold.state ? hold : { ...hold, state };
}

export function isFinal(state: HoldState): boolean {
  return state !== 'pending' && state !== 'approved';
}

export interface DecidingTerms {
  readonly nowMs: number;
  /** How long an approval stays usable. */
  readonly grantMs: number;
  /** Who may not decide besides those the held action names: the agent may have changed since it asked. */
  readonly barred?: readonly string[];
  /** Whether this person, who decided earlier, is still somebody who may; absent: everybody is. */
  readonly mayStill?: (reviewer: string) => boolean;
  /** Who may approve outside the rule; undefined means nobody. */
  readonly breakGlass?: BreakGlassTerms | undefined;
}

/** One reviewer's verdict. */
export function decide(
  hold: Hold,
  request: DecideRequest,
  reviewer: DecidingReviewer | undefined,
  clock: DecidingTerms,
): Step {
  const refusal = refusalOf(hold, request, reviewer, clock);
  if (refusal !== undefined) return refusal;
  const decision: HoldDecision = {
    reviewer: request.reviewer,
    verdict: request.verdict,
    reason: request.reason.trim(),
    atMs: clock.nowMs,
    channel: request.channel,
    groups: countsFor(hold, reviewer?.groups ?? []),
    ...(request.verdict === 'approve' && request.scope !== undefined ? { scope: request.scope } : {}),
    ...(request.breakGlass === true ? { breakGlass: true } : {}),
  };
  const decisions = [...hold.decisions, decision];
  const next = { ...hold, version: hold.version + 1, decisions };
  if (request.verdict === 'reject')
    return { kind: 'moved', hold: { ...next, state: 'rejected', decidedAtMs: clock.nowMs } };
  const standing = withLapses(next, clock);
  if (request.breakGlass !== true && !isFilled(tallyOf(standing))) return { kind: 'moved', hold: next };
  const grantExpiresAtMs = clock.nowMs + clock.grantMs;
  return { kind: 'moved', hold: { ...standing, state: 'approved', decidedAtMs: clock.nowMs, grantExpiresAtMs } };
}

/**
 * Somebody may have left, or taken over the agent, since they agreed: the record keeps their word, the quorum does not.
 * What is over stays as it was.
 */
export function withLapses(
  hold: Hold,
  { barred = [], mayStill = () => true }: Pick<DecidingTerms, 'barred' | 'mayStill'>,
): Hold {
  if (hold.state !== 'pending') return hold;
  const lapseOf = (name: string): VoteLapse | undefined => {
    if (barred.includes(name) || isOwnAffair(hold.action, name)) return 'own-agent';
    return mayStill(name) ? undefined : 'reviewer-left';
  };
  const decisions = hold.decisions.map((decision) => {
    const lapsed = decision.verdict === 'approve' ? lapseOf(decision.reviewer) : undefined;
    return lapsed === undefined ? decision : { ...decision, lapsed };
  });
  return { ...hold, decisions };
}

/** Whose approvals count, each once. */
export function approversOf({ decisions }: Pick<Hold, 'decisions'>): readonly string[] {
  const counting = decisions.filter(({ verdict, lapsed }) => verdict === 'approve' && lapsed === undefined);
  return [...new Set(counting.map(({ reviewer }) => reviewer))];
}

/** How far each clause is. Whoever approves for themselves never counts, however they got into the record. */
export function tallyOf(hold: Hold): readonly ClauseTally[] {
  return tally(
    hold,
    hold.decisions.filter(({ reviewer, lapsed }) => lapsed === undefined && !isOwnAffair(hold.action, reviewer)),
  );
}

/** True when this person would approve for themselves: they own the agent, or its keys may be theirs. */
export function isOwnAffair(action: HeldAction, reviewer: string): boolean {
  return reviewer === action.agentOwner || action.keysChangedBy?.includes(reviewer) === true;
}

/** Whether this person may decide on this hold at all; asked for mails too. */
export function isEligible(hold: Hold, reviewer: DecidingReviewer): boolean {
  if (isOwnAffair(hold.action, reviewer.name) || !isReviewer(reviewer)) return false;
  return hold.groups.length === 0 || countsFor(hold, reviewer.groups).length > 0;
}

/** Whether this person decides at all. */
export function isReviewer({ roles }: DecidingReviewer): boolean {
  return roles === undefined || roles.includes('reviewer');
}

function refusalOf(
  hold: Hold,
  request: DecideRequest,
  reviewer: DecidingReviewer | undefined,
  { nowMs, barred = [], breakGlass }: DecidingTerms,
): Step | undefined {
  const refuse = (code: DecideRefusal, message: string): Step => ({ kind: 'refused', code, message });
  if (reviewer === undefined || reviewer.name !== request.reviewer || !isReviewer(reviewer))
    return refuse('REVIEWER_NOT_ALLOWED', 'This person is not a reviewer here.');
  if (reviewer.name === hold.action.agentOwner)
    return refuse('REVIEWER_IS_OWNER', 'You own this agent, so somebody else has to decide.');
  if (isOwnAffair(hold.action, reviewer.name) || barred.includes(reviewer.name))
    return refuse('REVIEWER_CHANGED_KEYS', 'You own this agent or changed its keys, so somebody else has to decide.');
  const isGlass = request.breakGlass === true;
  const glass = isGlass ? glassRefusal(request, reviewer, breakGlass) : undefined;
  if (glass !== undefined) return refuse(glass.code, glass.message);
  if (!isGlass && !isEligible(hold, reviewer))
    return refuse('REVIEWER_NOT_ALLOWED', `Only members of ${decidingGroups(hold).join(' or ')} decide on this.`);
  const state = stateAt(hold, nowMs);
  if (state !== 'pending') return refuse('HOLD_NOT_PENDING', `Too late: this is already ${state}.`);
  if (request.digest !== hold.digest)
    return refuse('HOLD_CHANGED', 'What you were shown is not what is waiting. Open it again.');
  // A second thought may stop a command, never add a vote; whoever breaks the glass adds none.
  if (
    !isGlass &&
    request.verdict === 'approve' &&
    hold.decisions.some((decision) => decision.reviewer === reviewer.name)
  )
    return refuse('REVIEWER_DECIDED_ALREADY', 'You have decided already; another person has to.');
  const glassLeast = isGlass ? Math.max(1, breakGlass?.minReasonLength ?? 0) : 0;
  const unfit = reasonProblem(request.verdict, request.reason, Math.max(leastReasonLength(hold), glassLeast));
  return unfit === undefined ? undefined : refuse(unfit.code, unfit.message);
}

/** `undefined` when its time has not come or it is final already. */
export function expire(hold: Hold, nowMs: number): Hold | undefined {
  if (isFinal(hold.state) || stateAt(hold, nowMs) !== 'expired') return undefined;
  return { ...hold, version: hold.version + 1, state: 'expired', decidedAtMs: hold.decidedAtMs ?? nowMs };
}

/** By the agent, before anybody decided. */
export function withdraw(hold: Hold, nowMs: number): Hold | undefined {
  if (stateAt(hold, nowMs) !== 'pending') return undefined;
  return { ...hold, version: hold.version + 1, state: 'withdrawn', decidedAtMs: nowMs };
}

export function release(hold: Hold, nowMs: number): Hold | undefined {
  if (stateAt(hold, nowMs) !== 'approved') return undefined;
  return { ...hold, version: hold.version + 1, state: 'released' };
}

/** The agent came or left; changes no state. */
export function withAgentWaiting(hold: Hold, isAgentWaiting: boolean): Hold | undefined {
  if (isFinal(hold.state) || hold.isAgentWaiting === isAgentWaiting) return undefined;
  return { ...hold, version: hold.version + 1, isAgentWaiting };
}

/** How telling this one went so far. */
export function deliveryTo(hold: Hold, recipient: Recipient): Delivery | undefined {
  return hold.deliveries?.find((delivery) => isSameRecipient(delivery, recipient));
}

function isSameRecipient(one: Recipient, other: Recipient): boolean {
  if (one.channel === 'mail' || other.channel === 'mail')
    return one.channel === 'mail' && other.channel === 'mail' && one.reviewer === other.reviewer;
  return one.name === other.name;
}

/** With those who are told only now; what became of telling the others stays. */
export function withMoreTold(hold: Hold, planned: readonly Delivery[] | undefined): Hold {
  const added = planned?.filter((delivery) => deliveryTo(hold, delivery) === undefined) ?? [];
  return added.length === 0 ? hold : { ...hold, deliveries: [...(hold.deliveries ?? []), ...added] };
}

/** What became of telling somebody. What was delivered stays delivered. */
export function withDelivery(hold: Hold, delivery: Delivery): Hold | undefined {
  if (deliveryTo(hold, delivery)?.state === 'delivered') return undefined;
  const others = (hold.deliveries ?? []).filter((other) => !isSameRecipient(other, delivery));
  const deliveries = [...others, delivery];
  return { ...hold, version: hold.version + 1, deliveries };
}

/** Whether a place that several people look at is told of this hold. */
export function isServedBy(hold: Hold, groups: readonly string[]): boolean {
  const deciding = decidingGroups(hold);
  return groups.length === 0 || deciding.length === 0 || deciding.some((group) => groups.includes(group));
}

/** True when everybody who should know of a pending hold could not be told, or there is nobody. */
export function isUnreachable(hold: Hold): boolean {
  return hold.state === 'pending' && hold.deliveries?.every(({ state }) => state === 'failed') === true;
}
