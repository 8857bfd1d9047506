/**
 * Judges a command model by a policy.
 *
 * Deny beats approve beats allow, over all simple commands and independent of the order of rules. Refused: a text with
 * nothing in it, whatever is not understood, whatever no rule allows.
 *
 * INVARIANT: `allow` means that every simple command is covered whole by an allow rule and touched by no other.
 */
import type { CommandModel } from '../command/model.ts';
import { both, type Certainty, certain, conceivable, no } from './certainty.ts';
import type { Subject } from './criterion.ts';
import { type PartDecision, type PolicyContext, type PolicyDecision, type ReviewTerms, stricter } from './decision.ts';
import { describeCommand } from './describe.ts';
import { isOnlyAssignment, obstacleNow } from './permit.ts';
import { mergeReviews } from './review.ts';
import type { Rule } from './rule.ts';

export interface Policy {
  readonly hash: string;
  readonly file: string;
  /** Every file it was read from, for watching. */
  readonly files: readonly string[];
  readonly rules: readonly Rule[];
  readonly unmatched: 'approve' | 'deny';
  readonly review: ReviewTerms;
  /** Decides and is audited, but lets run whatever is understood. */
  readonly isShadow: boolean;
}

/** A part's decision with what is needed to choose between equally strict ones. */
interface Finding extends PartDecision {
  /** The surest reason is the one worth telling. */
  readonly weight: number;
  readonly from: Rule | undefined;
}

const weightOf = { notUnderstood: 4, mayMatch: 1, unmatched: 2 } as const;

export function evaluate(policy: Policy, model: CommandModel, context: PolicyContext): PolicyDecision {
  const findings: Finding[] = wholeText(policy, model);
  const shadow: { verdict: PolicyDecision['verdict']; rule: string }[] = [];
  let allowedByShadow: string | undefined;
  let isAllowedByShadow = true;
  for (const [index, command] of model.commands.entries()) {
    if (isOnlyAssignment(command)) continue;
    const subject: Subject = { command, model };
    const found = judge(policy, policy.rules, subject, index, context, false);
    findings.push(...found);
    if (!policy.rules.some((rule) => rule.isShadow)) continue;
    const beside = judge(policy, policy.rules, subject, index, context, true);
    const own = strictest(found)?.verdict ?? 'approve';
    for (const { from, verdict } of beside) {
      if (from?.isShadow && verdict !== 'allow' && own !== verdict && stricter(own, verdict) === verdict) {
        shadow.push({ verdict, rule: from.id });
      }
    }
    const allowing = beside.find(({ from, verdict }) => from?.isShadow && verdict === 'allow');
    if (own !== 'allow' && allowing === undefined) isAllowedByShadow = false;
    if (own !== 'allow') allowedByShadow = allowing?.from?.id ?? allowedByShadow;
  }
  const decision = conclude(policy, model, findings);
  if (
    decision.verdict === 'approve' &&
    isAllowedByShadow &&
    allowedByShadow !== undefined &&
    model.unknowns.length === 0
  ) {
    shadow.push({ verdict: 'allow', rule: allowedByShadow });
  }
  return enforce(policy, model, { ...decision, shadow });
}

/** What is about the text as a whole and not about one command. */
function wholeText(policy: Policy, model: CommandModel): Finding[] {
  const findings = model.unknowns.map(({ reason }) =>
    finding(policy.unmatched, undefined, `not understood: ${reason}`, undefined, weightOf.notUnderstood),
  );
  if (model.commands.every(isOnlyAssignment) && findings.length === 0) {
    findings.push(finding(policy.unmatched, undefined, 'there is no command in it', undefined, weightOf.unmatched));
  }
  if (model.stdin === 'code' || model.stdin === 'unknown') {
    const reads = model.stdin === 'code' ? `runs its stdin as ${model.stdinLanguage ?? 'code'}` : 'may run its stdin';
    findings.push(
      finding('approve', undefined, `${reads}, which is not in the command`, undefined, weightOf.notUnderstood),
    );
  }
  return findings;
}

function finding(
  verdict: PartDecision['verdict'],
  from: Rule | undefined,
  reason: string,
  command: number | undefined,
  weight: number,
): Finding {
  return { verdict, rule: from?.id, reason, command, weight, from };
}

/** Everything that has something to say about one command; the strictest of it counts. */
function judge(
  policy: Policy,
  rules: readonly Rule[],
  subject: Subject,
  index: number,
  context: PolicyContext,
  withShadow: boolean,
): Finding[] {
  const { command } = subject;
  const findings: Finding[] = [];
  let allowing: Rule | undefined;
  for (const rule of rules) {
    if (rule.isShadow && !withShadow) continue;
    if (rule.verdict === 'allow') {
      if ((allowing === undefined || withShadow) && obstacleNow(rule, subject, context) === undefined) {
        if (withShadow && rule.isShadow)
          findings.push(finding('allow', rule, rule.reason ?? `allowed by ${rule.id}`, index, 0));
        allowing ??= rule;
      }
      continue;
    }
    const sureness = touches(rule, subject, context);
    if (sureness !== no) findings.push(objection(rule, sureness, subject, index));
  }
  for (const { reason } of command.unknowns) {
    findings.push(finding(policy.unmatched, undefined, `not understood: ${reason}`, index, weightOf.notUnderstood));
  }
  if (allowing !== undefined)
    findings.push(finding('allow', allowing, allowing.reason ?? `allowed by ${allowing.id}`, index, 0));
  else if (findings.length === 0) {
    findings.push(
      finding(policy.unmatched, undefined, `no rule allows it: ${describeCommand(command)}`, index, weightOf.unmatched),
    );
  }
  return findings;
}

/** How surely a deny or approve rule is about the command; an error in its condition counts as yes. */
export function touches(rule: Rule, subject: Subject, context: PolicyContext): Certainty {
  let sureness: Certainty = certain;
  for (const criterion of rule.matcher.criteria) {
    sureness = both(sureness, criterion.touches(subject));
    if (sureness === no) return no;
  }
  if (rule.matcher.exceptions.some((exception) => exception.covers(subject))) return no;
  try {
    return rule.when === undefined || rule.when(context, subject) ? sureness : no;
  } catch {
    return sureness;
  }
}

function objection(rule: Rule, sureness: Certainty, { command }: Subject, index: number): Finding {
  const does = describeCommand(command);
  const isSure = sureness === certain;
  const asksOnly = rule.verdict === 'deny' && (sureness === conceivable || (!isSure && rule.uncertain === 'approve'));
  const verdict = asksOnly ? 'approve' : rule.verdict;
  const about = rule.reason ?? (isSure ? does : rule.id);
  const reason = isSure ? about : `${does}: that may be something ${rule.id} is about. ${rule.reason ?? ''}`.trimEnd();
  return finding(verdict, rule, reason, index, isSure ? 5 : sureness === conceivable ? weightOf.mayMatch : 3);
}

function strictest(findings: readonly Finding[]): Finding | undefined {
  let best: Finding | undefined;
  for (const one of findings) {
    const isStricter =
      best === undefined || (one.verdict !== best.verdict && stricter(one.verdict, best.verdict) === one.verdict);
    if (isStricter || (one.verdict === best?.verdict && one.weight > best.weight)) best = one;
  }
  return best;
}

/** One part per command, the strictest part decides, the terms of all that ask are joined. */
function conclude(policy: Policy, model: CommandModel, findings: readonly Finding[]): Omit<PolicyDecision, 'shadow'> {
  const whole = findings.filter(({ command }) => command === undefined);
  const byCommand = model.commands.flatMap(
    (_, index) => strictest(findings.filter(({ command }) => command === index)) ?? [],
  );
  const deciding = strictest([...whole, ...byCommand]);
  const parts = [...whole, ...byCommand].map(({ verdict, rule, reason, command }) => ({
    verdict,
    rule,
    reason,
    command,
  }));
  const base = { policyHash: policy.hash, parts };
  if (deciding === undefined) {
    return {
      ...base,
      verdict: policy.unmatched,
      rule: undefined,
      reason: 'nothing to judge',
      review: policy.review,
      instead: undefined,
    };
  }
  const { verdict, rule, reason, from } = deciding;
  const decided = { ...base, verdict, rule, reason, instead: from?.instead };
  if (verdict !== 'approve') return { ...decided, review: undefined };
  const asking = new Set(
    findings.flatMap(({ from: one, verdict: own }) => (own === 'approve' ? (one?.review ?? policy.review) : [])),
  );
  const review = mergeReviews([...asking]);
  if (review !== undefined) return { ...decided, review };
  return {
    ...decided,
    verdict: 'deny',
    reason: `parts of it need different groups of reviewers (${reason})`,
    review: undefined,
    instead: 'send the parts as separate commands',
  };
}

/** A policy in shadow lets run what is understood, and says what it would have done. */
function enforce(policy: Policy, model: CommandModel, decision: PolicyDecision): PolicyDecision {
  if (!policy.isShadow || decision.verdict === 'allow' || !isUnderstood(model)) return decision;
  const { verdict, rule, reason } = decision;
  return {
    ...decision,
    verdict: 'allow',
    reason: `the policy is in shadow; it would ${verdict === 'deny' ? 'deny' : 'ask'}: ${reason}`,
    review: undefined,
    instead: undefined,
    shadow: [...decision.shadow, { verdict, rule: rule ?? 'unmatched' }],
  };
}

function isUnderstood(model: CommandModel): boolean {
  return (
    model.unknowns.length === 0 &&
    model.commands.every(({ unknowns }) => unknowns.length === 0) &&
    model.canonical !== undefined &&
    (model.stdin === 'unused' || model.stdin === 'data')
  );
}
