/**
 * Judges a command model by a policy.
 *
 * Deny beats approve beats allow, over all simple commands and independent of the order of rules. Refused: a text with
 * nothing in it, whatever is not understood, whatever no rule allows.
 *
 * INVARIANT: `allow` means that every simple command is covered whole by an allow rule and touched by no other.
 */
import type { CommandModel, SimpleCommand } from '../command/model.ts';
import { both, type Certainty, certain, conceivable, no } from './certainty.ts';
import type { Subject } from './criterion.ts';
import {
  type PartDecision,
  type PolicyContext,
  type PolicyDecision,
  type ReviewTerms,
  stricter,
  type Verdict,
} from './decision.ts';
import { describeCommand, howToName } from './describe.ts';
import { NotTold } from './expression.ts';
import { History } from './history.ts';
import { exceptionApplies, isOnlyAssignment, obstacle, obstacleNow } from './permit.ts';
import { mergeReviews } from './review.ts';
import type { Rule } from './rule.ts';
import type { RuleIndex } from './rule-index.ts';

export interface Policy {
  readonly hash: string;
  readonly file: string;
  /** Every file it was read from, for watching. */
  readonly files: readonly string[];
  readonly rules: readonly Rule[];
  readonly index: Pick<RuleIndex, 'rulesFor'>;
  readonly unmatched: 'approve' | 'deny';
  readonly review: ReviewTerms;
  /** Decides and is audited, but lets run whatever is understood. */
  readonly isShadow: boolean;
  readonly hasShadowRules: boolean;
}

/** What one rule or guard has to say. Its words are put together only when they are told. */
interface Finding {
  readonly verdict: Verdict;
  readonly from: Rule | undefined;
  readonly command: number | undefined;
  /** The surest reason is the one worth telling. */
  readonly weight: number;
  readonly reason: () => string;
  readonly instead?: string | undefined;
}

const weightOf = {
  sure: 5,
  notUnderstood: 4,
  stdin: 3,
  plausible: 3,
  unmatched: 2,
  conceivable: 1,
  allowed: 0,
} as const;

/** Who would be held for what is hidden among the files it finds is allowed the rest, where that alone is allowed. */
export function evaluate(policy: Policy, model: CommandModel, context: PolicyContext): PolicyDecision {
  const decision = evaluateOne(policy, model, context);
  if (decision.verdict !== 'approve' || model.narrower === undefined) return decision;
  const narrower = evaluateOne(policy, model.narrower, context);
  if (narrower.verdict !== 'allow') return decision;
  const reason = `${narrower.reason.replace(/\.$/, '')}; hidden files, and names that keys have, are left out.`;
  return { ...narrower, reason, leavesOut: 'hidden' };
}

function evaluateOne(policy: Policy, model: CommandModel, context: PolicyContext): PolicyDecision {
  const asking = new Set<ReviewTerms>();
  const fired: string[] = [];
  const parts = wholeText(policy, model);
  const isWholeFine = parts.length === 0;
  if (parts.some(({ verdict }) => verdict === 'approve')) asking.add(policy.review);
  const shadow = policy.hasShadowRules ? new ShadowBook() : undefined;
  const history = new History(context, model);
  for (const [index, command] of model.commands.entries()) {
    if (isOnlyAssignment(command)) continue;
    const subject = { command, model };
    const findings = judge(policy, subject, index, history);
    const enforced = shadow === undefined ? findings : findings.filter(({ from }) => from?.isShadow !== true);
    const deciding = strictest(enforced) ?? unmatched(policy, subject, index, history);
    shadow?.add(deciding.verdict, findings);
    parts.push(deciding);
    for (const { verdict, from } of enforced) if (verdict === 'approve') asking.add(from?.review ?? policy.review);
    for (const { from } of enforced)
      if (from !== undefined && (from.verdict !== 'allow' || from === deciding.from)) fired.push(from.id);
    if (deciding.verdict === 'approve' && deciding.from === undefined) asking.add(policy.review);
  }
  const decision = conclude(policy, model, parts, { asking, fired });
  const told = shadow?.told(isWholeFine ? decision.verdict : 'deny');
  return enforce(policy, model, told === undefined ? decision : { ...decision, shadow: told });
}

/** What is about the text as a whole and not about one command. */
function wholeText(policy: Policy, model: CommandModel): Finding[] {
  const whole = (verdict: Verdict, weight: number, reason: string): Finding => ({
    verdict,
    from: undefined,
    command: undefined,
    weight,
    reason: () => reason,
  });
  const findings = model.unknowns.map(({ reason }) =>
    whole(policy.unmatched, weightOf.notUnderstood, notUnderstood(reason)),
  );
  if (findings.length === 0 && model.commands.every(isOnlyAssignment)) {
    findings.push(whole(policy.unmatched, weightOf.unmatched, 'there is no command in it'));
  }
  // What was not understood is not allowed already, and that it may read its stdin tells nobody more.
  const mayRunStdin = model.stdin === 'unknown' && isRead(model);
  if (model.stdin === 'code' || mayRunStdin) {
    const runs = mayRunStdin ? 'may run' : 'runs';
    const language = mayRunStdin ? '' : ` (${model.stdinLanguage ?? 'code'})`;
    findings.push(
      whole('approve', weightOf.stdin, `${runs} what its stdin says${language}, which is not in the command`),
    );
  }
  return findings;
}

const isRead = ({ unknowns, commands }: CommandModel): boolean =>
  unknowns.length === 0 && commands.every((command) => command.unknowns.length === 0);

/** Some reasons say it themselves. */
function notUnderstood(reason: string): string {
  return `not understood: ${reason.replace(/^Not understood: /, '')}`;
}

/** Everything that has something to say about one command. */
function judge(policy: Policy, subject: Subject, index: number, history: History): readonly Finding[] {
  const { command } = subject;
  const findings: Finding[] = [];
  let isAllowed = false;
  for (const rule of policy.index.rulesFor(command)) {
    if (rule.verdict === 'allow') {
      if ((isAllowed && !rule.isShadow) || obstacleNow(rule, subject, history) !== undefined) continue;
      if (!rule.isShadow) isAllowed = true;
      if (rule.limit !== undefined) history.use(rule.id);
      const reason = () => rule.reason ?? `allowed by ${rule.id}`;
      findings.push({ verdict: 'allow', from: rule, command: index, weight: weightOf.allowed, reason });
      continue;
    }
    const sureness = touches(rule, subject, history);
    if (sureness !== no) findings.push(objection(rule, sureness, command, index));
  }
  for (const { reason } of command.unknowns) {
    findings.push({
      verdict: policy.unmatched,
      from: undefined,
      command: index,
      weight: weightOf.notUnderstood,
      reason: () => notUnderstood(reason),
    });
  }
  return findings;
}

function unmatched(policy: Policy, subject: Subject, index: number, history: History): Finding {
  const reason = () => `no rule allows it: ${describeCommand(subject.command)}${nearly(policy, subject, history)}`;
  return { verdict: policy.unmatched, from: undefined, command: index, weight: weightOf.unmatched, reason };
}

/** The rule that would allow it but for one condition: what its author wants to hear first. */
function nearly(policy: Policy, subject: Subject, history: History): string {
  for (const rule of policy.index.rulesFor(subject.command)) {
    if (rule.verdict !== 'allow' || rule.isShadow) continue;
    const found = obstacleNow(rule, subject, history);
    const isException = found === exceptionApplies;
    const isNear = found !== undefined && (isException || obstacle(rule, subject) === undefined);
    const why = isException ? (rule.matcher.exceptionReason ?? found) : found;
    if (isNear) return ` (${rule.id} would, but ${why})`;
  }
  return '';
}

/** How surely a deny or approve rule is about the command; an error in its condition counts as yes. */
export function touches(rule: Rule, subject: Subject, history: History): Certainty {
  let sureness: Certainty = certain;
  for (const criterion of rule.matcher.criteria) {
    sureness = both(sureness, criterion.touches(subject));
    if (sureness === no) return no;
  }
  // Each key of `except` narrows it: what is let off has to be all of them.
  const { exceptions } = rule.matcher;
  if (exceptions.length > 0 && exceptions.every((exception) => exception.covers(subject))) return no;
  if (rule.when === undefined) return sureness;
  try {
    return history.mayHold(rule.when, subject) ? sureness : no;
  } catch (error) {
    return error instanceof NotTold && !error.asFarAsKnown ? conceivable : sureness;
  }
}

function objection(rule: Rule, sureness: Certainty, command: SimpleCommand, index: number): Finding {
  const isSure = sureness === certain;
  const asksOnly = rule.verdict === 'deny' && (sureness === conceivable || (!isSure && rule.uncertain === 'approve'));
  const reason = () => {
    const does = describeCommand(command);
    if (isSure) return rule.reason ?? does;
    return `${does}. That may be what the rule ${rule.id} is about${rule.reason === undefined ? '.' : `: ${rule.reason}`}`;
  };
  const weight = isSure ? weightOf.sure : sureness === conceivable ? weightOf.conceivable : weightOf.plausible;
  const instead = (isSure ? undefined : howToName(command)) ?? rule.instead;
  return { verdict: asksOnly ? 'approve' : rule.verdict, from: rule, command: index, weight, reason, instead };
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

/** Of a wrapper and what it runs, equally strict, the latter is worth telling: `sudo` says less than `systemctl restart`. */
function innermost(outer: Finding | undefined, findings: readonly Finding[], model: CommandModel): Finding | undefined {
  const { commands } = model;
  if (outer?.command === undefined || outer.from !== undefined) return outer;
  const around = commands[outer.command];
  const inner = findings.find(({ verdict, weight, from, command }) => {
    const via = command === undefined ? undefined : commands[command]?.via;
    const isInside = via?.length === (around?.via.length ?? 0) + 1 && via.at(-1)?.split(' ')[0] === around?.tool;
    return isInside && verdict === outer.verdict && weight === outer.weight && from === undefined;
  });
  return inner === undefined ? outer : innermost(inner, findings, model);
}

/** The strictest part decides; the terms of all that ask are joined. */
function conclude(
  policy: Policy,
  model: CommandModel,
  findings: readonly Finding[],
  { asking, fired }: { readonly asking: ReadonlySet<ReviewTerms>; readonly fired: readonly string[] },
): PolicyDecision {
  const deciding = innermost(strictest(findings), findings, model);
  const parts = findings.map(
    (part): PartDecision => ({
      verdict: part.verdict,
      rule: part.from?.id,
      reason: part.reason(),
      command: part.command,
    }),
  );
  const policyHash = policy.hash;
  if (deciding === undefined) {
    return {
      policyHash,
      parts,
      verdict: 'deny',
      rule: undefined,
      reason: 'nothing to judge',
      review: undefined,
      instead: undefined,
      shadow: [],
      fired,
    };
  }
  const { verdict, from } = deciding;
  const rule = from?.id;
  // Putting the words together is a good part of a decision.
  const reason = parts[findings.indexOf(deciding)]?.reason ?? deciding.reason();
  const { instead } = deciding;
  const review = verdict === 'approve' ? mergeReviews([...asking]) : undefined;
  if (verdict !== 'approve' || review !== undefined) {
    return { policyHash, parts, verdict, rule, reason, instead, review, shadow: [], fired };
  }
  return {
    policyHash,
    parts,
    verdict: 'deny',
    rule,
    reason: `parts of it need too many different groups of reviewers (${reason})`,
    review: undefined,
    instead: 'send the parts as separate commands',
    shadow: [],
    fired,
  };
}

/** What rules in shadow would have decided. */
class ShadowBook {
  readonly #stricter: { readonly verdict: Verdict; readonly rule: string }[] = [];
  #allowing: string | undefined;
  #isAllowed = true;

  add(enforced: Verdict, findings: readonly Finding[]): void {
    const beside = findings.filter(({ from }) => from?.isShadow === true);
    for (const { verdict, from } of beside) {
      const isStricter = verdict !== enforced && stricter(enforced, verdict) === verdict;
      if (isStricter && from !== undefined) this.#stricter.push({ verdict, rule: from.id });
    }
    if (enforced === 'allow') return;
    const isObjected = findings.some(({ verdict }) => verdict !== 'allow');
    const allowing = isObjected ? undefined : beside.find(({ verdict }) => verdict === 'allow')?.from?.id;
    this.#allowing ??= allowing;
    this.#isAllowed &&= allowing !== undefined;
  }

  told(verdict: Verdict): readonly { readonly verdict: Verdict; readonly rule: string }[] {
    if (verdict !== 'approve' || !this.#isAllowed || this.#allowing === undefined) return this.#stricter;
    return [...this.#stricter, { verdict: 'allow', rule: this.#allowing }];
  }
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
  return isRead(model) && model.canonical !== undefined && (model.stdin === 'unused' || model.stdin === 'data');
}
