/**
 * What `review:` says of people who do not answer: when they are reminded, and who is asked as well, after how long.
 */
import type { Node } from 'yaml';
import type { Escalation, ReviewTerms } from './decision.ts';
import type { PolicyDocument } from './document.ts';
import { clausesOf } from './review.ts';

/** More often than that nobody reads it. */
const leastRemindMs = 60_000;

export type Patience = Pick<ReviewTerms, 'remindAfterMs' | 'escalation'>;

type Asked = Pick<ReviewTerms, 'groups' | 'allOf' | 'quorum' | 'expiresInMs'>;

export const patienceKeys = ['remind_after', 'escalate'] as const;

/** `asked` is who decides from the start, and for how long the hold lives. */
export function readPatience(
  at: (key: (typeof patienceKeys)[number]) => Node | undefined,
  document: PolicyDocument,
  base: ReviewTerms,
  asked: Asked,
): Patience {
  const [remindNode, escalateNode] = [at('remind_after'), at('escalate')];
  const remindAfterMs = (remindNode && document.duration(remindNode, '`remind_after`')) ?? base.remindAfterMs;
  if (remindNode !== undefined && remindAfterMs !== undefined && remindAfterMs < leastRemindMs)
    document.report(remindNode, '`remind_after` is shorter than a minute', 'use 1m or more');
  if (remindNode !== undefined) mustComeInTime(remindNode, '`remind_after`', remindAfterMs, asked, document);
  const escalation = escalateNode === undefined ? base.escalation : readEscalation(escalateNode, document, asked);
  return {
    ...(remindAfterMs === undefined ? {} : { remindAfterMs }),
    ...(escalation === undefined ? {} : { escalation }),
  };
}

function readEscalation(node: Node, document: PolicyDocument, asked: Asked): Escalation | undefined {
  const fields = document.fields(node, '`escalate`', ['after', 'groups']);
  const [afterNode, groupsNode] = [fields.get('after'), fields.get('groups')];
  if (afterNode === undefined || groupsNode === undefined) {
    document.report(node, '`escalate` needs `after` and `groups`', 'for example { after: 10m, groups: [managers] }');
    return undefined;
  }
  const from = new Set(clausesOf(asked).flatMap((clause) => clause.groups));
  if (from.size === 0)
    document.report(node, '`escalate` without `groups` of the review: everybody may decide already', 'name `groups`');
  const afterMs = document.duration(afterNode, '`after`');
  mustComeInTime(afterNode, '`after`', afterMs, asked, document);
  const groups = [...new Set(document.texts(groupsNode, '`groups`').map(({ value }) => value))];
  const known = groups.filter((group) => from.has(group));
  if (known.length > 0)
    document.report(groupsNode, `\`${known[0]}\` decides from the start`, 'name a group that does not');
  return afterMs === undefined ? undefined : { afterMs, groups };
}

function mustComeInTime(
  node: Node,
  what: string,
  afterMs: number | undefined,
  { expiresInMs }: Asked,
  document: PolicyDocument,
): void {
  if (afterMs === undefined || afterMs < expiresInMs) return;
  document.report(node, `${what} never comes: the hold expires first`, 'make it shorter than `expires_in`');
}
