import type { ReviewClause, ReviewTerms } from './decision.ts';

/** What a scope lasts at most when the policy does not say. */
export const defaultScopeMs = 3_600_000;

/** More clauses than that are more people than anybody finds before a hold expires. */
export const maxClauses = 8;

/**
 * The terms that satisfy all of `terms`: every clause of each, most people, shortest time, longest reason. Undefined when
 * that is more clauses than people can be asked for.
 *
 * INVARIANT: whoever satisfies the merged terms satisfies each of `terms`.
 */
export function mergeReviews(terms: readonly ReviewTerms[]): ReviewTerms | undefined {
  const [first, ...rest] = terms;
  if (first === undefined) return undefined;
  let merged = first;
  for (const next of rest) {
    const clauses = mergeClauses(clausesOf(merged), clausesOf(next));
    if (clauses.length > maxClauses) return undefined;
    merged = {
      ...mergePatience(merged, next, clauses),
      ...whoDecides(clauses),
      expiresInMs: Math.min(merged.expiresInMs, next.expiresInMs),
      reason: merged.reason === 'required' ? 'required' : next.reason,
      minReasonLength: Math.max(merged.minReasonLength, next.minReasonLength),
      ...commonScopes(merged, next),
    };
  }
  return merged;
}

/** What has to be satisfied, each clause by different people. */
export function clausesOf(terms: Pick<ReviewTerms, 'groups' | 'quorum' | 'allOf'>): readonly ReviewClause[] {
  return terms.allOf ?? [{ groups: terms.groups, quorum: terms.quorum }];
}

/** The same as fields of review terms. */
export function whoDecides(clauses: readonly ReviewClause[]): Pick<ReviewTerms, 'groups' | 'quorum' | 'allOf'> {
  const [only, ...others] = clauses;
  if (only !== undefined && others.length === 0) return { groups: only.groups, quorum: only.quorum };
  const isForAll = clauses.some(({ groups }) => groups.length === 0);
  return {
    groups: isForAll ? [] : [...new Set(clauses.flatMap(({ groups }) => groups))],
    quorum: clauses.reduce((sum, { quorum }) => sum + quorum, 0),
    allOf: clauses,
  };
}

/** A clause of `b` joins one of `a` that shares a group, each of `a` at most once, so that nobody is counted for two. */
function mergeClauses(a: readonly ReviewClause[], b: readonly ReviewClause[]): readonly ReviewClause[] {
  const merged = [...a];
  const free = new Set(a.keys());
  for (const clause of b) {
    const partners = [...free].map((at) => ({ at, groups: commonGroups(a[at]?.groups ?? [], clause.groups) }));
    // The same groups first: then nobody is asked for more than one of the two parts wants.
    const isSame = (at: number) => a[at]?.groups.toSorted().join('\n') === clause.groups.toSorted().join('\n');
    const partner = partners.find(({ at }) => isSame(at)) ?? partners.find(({ groups }) => groups !== undefined);
    if (partner?.groups === undefined) {
      merged.push(clause);
      continue;
    }
    free.delete(partner.at);
    const quorum = Math.max(a[partner.at]?.quorum ?? 1, clause.quorum);
    merged[partner.at] = { groups: partner.groups, quorum };
  }
  return merged;
}

function commonGroups(a: readonly string[], b: readonly string[]): readonly string[] | undefined {
  if (a.length === 0) return b;
  if (b.length === 0) return a;
  const common = a.filter((group) => b.includes(group));
  return common.length === 0 ? undefined : common;
}

/** Only what both allow, for the shorter time; a part that names none allows `once`. */
function commonScopes(a: ReviewTerms, b: ReviewTerms): Pick<ReviewTerms, 'scopes' | 'maxScopeMs'> {
  if (a.scopes === undefined || b.scopes === undefined) return {};
  const { scopes } = b;
  const longest = Math.min(a.maxScopeMs ?? defaultScopeMs, b.maxScopeMs ?? defaultScopeMs);
  return { scopes: a.scopes.filter((scope) => scopes.includes(scope)), maxScopeMs: longest };
}

/** `clauses` is who decides from the start. Nobody is added whom one of the two would not accept, or sooner than it says. */
function mergePatience(
  a: ReviewTerms,
  b: ReviewTerms,
  clauses: readonly ReviewClause[],
): Pick<ReviewTerms, 'remindAfterMs' | 'escalation'> {
  const reminders = [a.remindAfterMs, b.remindAfterMs].filter((ms) => ms !== undefined);
  const named = new Set(clauses.flatMap((clause) => clause.groups));
  const asked = [...new Set([a, b].flatMap(({ escalation }) => escalation?.groups ?? []))];
  const groups = asked.filter((group) => accepts(a, group) && accepts(b, group) && !named.has(group));
  const afterMs = Math.max(a.escalation?.afterMs ?? 0, b.escalation?.afterMs ?? 0);
  return {
    ...(reminders.length === 0 ? {} : { remindAfterMs: Math.min(...reminders) }),
    // Where no group is named everybody may decide already.
    ...(groups.length === 0 || named.size === 0 ? {} : { escalation: { afterMs, groups } }),
  };
}

/** Whether a member of `group` may, sooner or later, fill any place. */
function accepts(terms: ReviewTerms, group: string): boolean {
  const isAsked = terms.escalation?.groups.includes(group) === true;
  return isAsked || clausesOf(terms).every(({ groups }) => groups.length === 0 || groups.includes(group));
}
