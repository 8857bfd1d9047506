/** Rules as they are evaluated, and the reading of one rule. */
import type { Node } from 'yaml';
import type { ToolNames } from '../command/tools/index.ts';
import { type Condition, readCondition } from './condition.ts';
import type { Criterion, Matcher } from './criterion.ts';
import type { ReviewTerms, Verdict } from './decision.ts';
import type { Fields, PolicyDocument } from './document.ts';
import { everything, readMatcher } from './matcher.ts';
import { readReview } from './review-terms.ts';

export interface Limit {
  readonly perHour: number;
  readonly perSession: number;
}

export interface Rule {
  readonly id: string;
  readonly verdict: Verdict;
  readonly matcher: Matcher;
  readonly when: Condition | undefined;
  /** How often an allow rule may decide for one agent; beyond it the rule no longer matches. */
  readonly limit: Limit | undefined;
  /** What a deny rule says when it only may match. */
  readonly uncertain: 'deny' | 'approve';
  readonly review: ReviewTerms | undefined;
  readonly reason: string | undefined;
  readonly instead: string | undefined;
  readonly isShadow: boolean;
  /** Where it stands, for messages. */
  readonly source: { readonly document: PolicyDocument; readonly node: Node };
  readonly examples: { readonly match: readonly Node[]; readonly notMatch: readonly Node[] };
  /** Canonical text of the matcher, for finding rules that another one makes useless. */
  readonly shape: Readonly<Record<string, readonly string[]>>;
}

const keys = [
  'id',
  'allow',
  'approve',
  'deny',
  'except',
  'when',
  'limit',
  'uncertain',
  'review',
  'reason',
  'instead',
  'shadow',
  'match',
  'not_match',
] as const;

export interface RuleScope {
  readonly document: PolicyDocument;
  readonly zone: string;
  readonly ruleIds: ReadonlySet<string>;
  readonly toolNames: ToolNames | undefined;
  readonly review: ReviewTerms;
}

/** The id of a rule, before rules are read whole: `session.fired` and overriding need all of them. */
export function ruleId(document: PolicyDocument, node: Node): string | undefined {
  if (!document.isMapping(node)) return undefined;
  const found = document.entries(node, 'a rule').find(([key]) => key === 'id');
  return found === undefined ? undefined : document.text(found[1], '`id`');
}

export function readRule(node: Node, scope: RuleScope): Rule | undefined {
  const { document } = scope;
  const fields = document.fields(node, 'a rule', keys);
  const id = fields.has('id') ? document.text(fields.get('id'), '`id`') : undefined;
  if (id === undefined) document.report(node, 'a rule has no `id`');
  else if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(id)) {
    document.report(fields.get('id'), `the id \`${id}\` is not lower-case words with dashes`);
  }
  const verdicts = (['allow', 'approve', 'deny'] as const).filter((verdict) => fields.has(verdict));
  const [verdict] = verdicts;
  const body = verdict && fields.get(verdict);
  if (verdict === undefined || body === undefined || verdicts.length > 1) {
    document.report(node, 'a rule has one of `allow`, `approve` and `deny`');
    return undefined;
  }
  const matcher = readRuleMatcher(body, verdict, fields, scope);
  const when = fields.get('when');
  const limit = fields.get('limit');
  if (limit !== undefined && verdict !== 'allow')
    document.report(limit, '`limit` is for allow rules', 'use `when: { session: … }`');
  const uncertain = fields.get('uncertain');
  if (uncertain !== undefined && verdict !== 'deny') document.report(uncertain, '`uncertain` is for deny rules');
  const review = fields.get('review');
  if (review !== undefined && verdict === 'allow') document.report(review, '`review` is for rules that ask');
  const text = (key: string) => (fields.has(key) ? document.text(fields.get(key), `\`${key}\``) : undefined);
  const examples = (key: string) => (fields.has(key) ? document.items(fields.get(key), `\`${key}\``) : []);
  return {
    id: id ?? '',
    verdict,
    matcher,
    when: when && readCondition(when, scope),
    limit: limit && readLimit(limit, document),
    uncertain: (uncertain && document.choice(uncertain, '`uncertain`', ['deny', 'approve'])) ?? 'deny',
    review: review && readReview(review, document, scope.review),
    reason: text('reason'),
    instead: text('instead'),
    isShadow: fields.has('shadow') && document.flag(fields.get('shadow'), '`shadow`') === true,
    source: { document, node: fields.get('id') ?? node },
    examples: { match: examples('match'), notMatch: examples('not_match') },
    shape: shapeOf(body, document),
  };
}

function readRuleMatcher(body: Node, verdict: Verdict, fields: Fields, scope: RuleScope): Matcher {
  const { document, toolNames } = scope;
  const exceptNode = fields.get('except');
  const isExact = verdict === 'allow';
  const isEverything = !document.isMapping(body) && document.text(body, `\`${verdict}\``) === 'everything';
  if (isEverything && verdict === 'allow') document.report(body, '`allow: everything` would switch the gate off');
  else if (!isEverything && !document.isMapping(body)) {
    document.report(body, `\`${verdict}\` names what it is about`, 'a mapping, or `everything`');
  }
  const what = `\`${verdict}\``;
  const main = document.isMapping(body)
    ? readMatcher(document, body, { what, isExact, toolNames, exceptionOf: undefined })
    : everything;
  if (isExact && document.isMapping(body)) {
    const { hasCommands, hasTools, effects } = main.permission;
    if (!hasCommands && !hasTools && effects === undefined) {
      document.report(body, 'an allow rule says what may be done', 'name `effects`, `tools` or `commands`');
    }
  }
  let exceptions: readonly Criterion[] = [];
  let exceptionReason: string | undefined;
  if (exceptNode !== undefined) {
    const exceptionOf = document.isMapping(body) ? document.fieldsOf(body) : new Map<string, Node>();
    exceptions = readMatcher(document, exceptNode, {
      what: '`except`',
      isExact: !isExact,
      toolNames,
      exceptionOf,
    }).criteria;
    const reason = document.isMapping(exceptNode) ? document.fieldsOf(exceptNode).get('reason') : undefined;
    exceptionReason = reason && document.text(reason, '`reason`');
  }
  return { criteria: main.criteria, permission: main.permission, exceptions, exceptionReason };
}

function readLimit(node: Node, document: PolicyDocument): Limit {
  const fields = document.fields(node, '`limit`', ['per_hour', 'per_session']);
  document.refuseEmpty(fields, node, '`limit`');
  const read = (key: string) => {
    const at = fields.get(key);
    return (at && document.count(at, `\`${key}\``, 1)) ?? Number.POSITIVE_INFINITY;
  };
  return { perHour: read('per_hour'), perSession: read('per_session') };
}

/** Only flat keys: a rule with nested ones is never called shadowed. */
function shapeOf(body: Node, document: PolicyDocument): Readonly<Record<string, readonly string[]>> {
  const shape: Record<string, readonly string[]> = {};
  for (const [key, node] of document.isMapping(body) ? document.fieldsOf(body) : []) {
    shape[key] = document.isMapping(node) ? [JSON.stringify(node)] : document.flatTexts(node);
  }
  return shape;
}
