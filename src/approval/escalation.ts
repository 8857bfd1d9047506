/**
 * Who may decide on a hold, from the start and once nobody did for a while. Pure.
 *
 * INVARIANT: an escalation only adds people who may decide; how many different people must agree, and that the owner never
 * counts, stays.
 */
import type { Hold } from './hold.ts';
import { groupsOf } from './quorum.ts';

function hasEscalated({ escalation }: Hold): boolean {
  return escalation?.doneAtMs !== undefined;
}

/** Groups whose members may decide now; empty means every reviewer. */
export function decidingGroups(hold: Hold): readonly string[] {
  if (hold.groups.length === 0 || !hasEscalated(hold)) return hold.groups;
  return [...new Set([...hold.groups, ...(hold.escalation?.groups ?? [])])];
}

/** The hold's groups this person counts for. Who is asked by escalation stands in for a member of any of them. */
export function countsFor(hold: Hold, groups: readonly string[]): readonly string[] {
  const isStandIn = hasEscalated(hold) && hold.escalation?.groups.some((group) => groups.includes(group)) === true;
  return isStandIn ? groupsOf(hold) : groupsOf(hold).filter((group) => groups.includes(group));
}

/** When more people are asked; undefined when nobody is, or they were. */
export function escalatesAtMs(hold: Hold): number | undefined {
  return hold.escalation === undefined || hasEscalated(hold) ? undefined : hold.createdAtMs + hold.escalation.afterMs;
}

/** Undefined when its time has not come, it happened, or there is nothing to decide any more. */
export function escalate(hold: Hold, nowMs: number): Hold | undefined {
  const dueAtMs = escalatesAtMs(hold);
  if (hold.escalation === undefined || dueAtMs === undefined || nowMs < dueAtMs) return undefined;
  if (hold.state !== 'pending' || nowMs >= hold.expiresAtMs) return undefined;
  return { ...hold, version: hold.version + 1, escalation: { ...hold.escalation, doneAtMs: nowMs } };
}
