/** Reads `review:`: who has to agree, how soon, and for how much. */
import type { Node } from 'yaml';
import { maxScopeCapMs, type ReviewClause, type ReviewTerms, type ScopeKind } from './decision.ts';
import type { Fields, PolicyDocument } from './document.ts';
import { patienceKeys, readPatience } from './escalation.ts';
import { maxClauses, whoDecides } from './review.ts';

/** Half an hour is long enough to reach somebody and short enough that they still know what it was about. */
const defaultExpiryMs = 30 * 60_000;

export const defaultReview: ReviewTerms = {
  groups: [],
  quorum: 1,
  expiresInMs: defaultExpiryMs,
  reason: 'optional',
  minReasonLength: 0,
};

/** Reads `review:`; what it leaves out comes from the policy's own `review:`. */
export function readReview(node: Node, document: PolicyDocument, base: ReviewTerms): ReviewTerms {
  const known = [
    'groups',
    'quorum',
    'all_of',
    'expires_in',
    'reason',
    'min_reason',
    'scopes',
    'max_scope',
    ...patienceKeys,
  ];
  const fields = document.fields(node, '`review`', known);
  const at = (key: string) => fields.get(key);
  const [expires, reason, minReason] = [at('expires_in'), at('reason'), at('min_reason')];
  const minReasonLength = (minReason && document.count(minReason, '`min_reason`')) ?? base.minReasonLength;
  const asked = {
    ...readWho(fields, document, base),
    expiresInMs: (expires && document.duration(expires, '`expires_in`')) ?? base.expiresInMs,
  };
  return {
    ...asked,
    reason:
      minReasonLength > 0
        ? 'required'
        : ((reason && document.choice(reason, '`reason`', ['optional', 'required'])) ?? base.reason),
    minReasonLength,
    ...readScopes(at('scopes'), at('max_scope'), document, base),
    ...readPatience(at, document, base, asked),
  };
}

/** `groups` and `quorum`, or `all_of` in their place. */
function readWho(
  fields: Fields,
  document: PolicyDocument,
  base: ReviewTerms,
): Pick<ReviewTerms, 'groups' | 'quorum' | 'allOf'> {
  const all = fields.get('all_of');
  const simple = fields.get('groups') ?? fields.get('quorum');
  if (all === undefined) {
    // What was said of several clauses says nothing of the one that stands in their place.
    const before = base.allOf === undefined || simple === undefined ? base : { groups: [], quorum: 1 };
    const clause = simple === undefined ? undefined : readClause(fields, document, before);
    return clause === undefined
      ? { groups: base.groups, quorum: base.quorum, ...(base.allOf === undefined ? {} : { allOf: base.allOf }) }
      : whoDecides([clause]);
  }
  if (simple !== undefined)
    document.report(simple, '`all_of` stands in place of `groups` and `quorum`', 'write them inside `all_of`');
  const nodes = document.items(all, '`all_of`');
  if (nodes.length === 0 || nodes.length > maxClauses)
    document.report(all, `\`all_of\` has ${nodes.length} entries`, `from one to ${maxClauses}`);
  const clauses = nodes.map((node) => {
    const inner = document.fields(node, 'an entry of `all_of`', ['groups', 'quorum']);
    return readClause(inner, document, { groups: [], quorum: 1 });
  });
  return clauses.length === 0 ? base : whoDecides(clauses);
}

function readClause(fields: Fields, document: PolicyDocument, base: ReviewClause): ReviewClause {
  const [groups, quorum] = [fields.get('groups'), fields.get('quorum')];
  return {
    groups: groups ? [...new Set(document.texts(groups, '`groups`').map(({ value }) => value))] : base.groups,
    quorum: (quorum && document.count(quorum, '`quorum`', 1)) ?? base.quorum,
  };
}

const scopeKinds: readonly ScopeKind[] = ['once', 'session', 'time', 'pattern'];

/** What is left out stays as in `base`; `once` is always there, because a reviewer may always choose less. */
function readScopes(
  scopesNode: Node | undefined,
  longestNode: Node | undefined,
  document: PolicyDocument,
  base: ReviewTerms,
): Pick<ReviewTerms, 'scopes' | 'maxScopeMs'> {
  const chosen = scopesNode && document.choices(scopesNode, '`scopes`', scopeKinds);
  const scopes = chosen === undefined ? base.scopes : scopeKinds.filter((k) => k === 'once' || chosen.includes(k));
  const longest = longestNode && document.duration(longestNode, '`max_scope`');
  if (longest !== undefined && longest > maxScopeCapMs)
    document.report(longestNode, '`max_scope` is longer than 8 hours', 'use 8h or less');
  if (longest !== undefined && longest < 60_000)
    document.report(longestNode, '`max_scope` is shorter than a minute', 'leave `scopes` out to approve once');
  if (longestNode !== undefined && !scopes?.some((kind) => kind !== 'once'))
    document.report(longestNode, '`max_scope` without `scopes`', 'add scopes: [once, session, time]');
  const maxScopeMs = longest ?? base.maxScopeMs;
  return { ...(scopes === undefined ? {} : { scopes }), ...(maxScopeMs === undefined ? {} : { maxScopeMs }) };
}
