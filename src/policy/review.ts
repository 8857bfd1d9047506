import type { ReviewTerms } from './decision.ts';

/** What a scope lasts at most when the policy does not say. */
export const defaultScopeMs = 3_600_000;

/**
 * The terms that satisfy all of `terms`: most people, shortest time, longest reason, groups that all of them accept.
 * Undefined when no group is acceptable to all. An empty list of groups means any reviewer.
 */
export function mergeReviews(terms: readonly ReviewTerms[]): ReviewTerms | undefined {
  const [first, ...rest] = terms;
  if (first === undefined) return undefined;
  let merged = first;
  for (const next of rest) {
    const groups = commonGroups(merged.groups, next.groups);
    if (groups === undefined) return undefined;
    merged = {
      groups,
      quorum: Math.max(merged.quorum, next.quorum),
      expiresInMs: Math.min(merged.expiresInMs, next.expiresInMs),
      reason: merged.reason === 'required' ? 'required' : next.reason,
      minReasonLength: Math.max(merged.minReasonLength, next.minReasonLength),
      ...commonScopes(merged, next),
    };
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
