/**
 * Finds rules that another rule makes useless: everything they are about, a rule as strict or stricter decides anyway.
 * Only what can be proved from the texts is reported; a rule with conditions or exceptions is never the reason.
 */
import { stricter } from './decision.ts';
import type { Rule } from './rule.ts';

export function reportShadowed(rules: readonly Rule[]): void {
  for (const [at, rule] of rules.entries()) {
    const by = rules.find((other, otherAt) => other !== rule && shadows(other, rule, otherAt < at));
    if (by === undefined) continue;
    const { document, node } = rule.source;
    document.report(
      node,
      `\`${rule.id}\` never decides: \`${by.id}\` covers all of it`,
      'remove one of them, or narrow it',
    );
  }
}

function shadows(by: Rule, rule: Rule, isEarlier: boolean): boolean {
  if (by.isShadow || by.when !== undefined || by.limit !== undefined || by.matcher.exceptions.length > 0) return false;
  if (by.verdict === rule.verdict)
    return isEarlier && rule.review === by.review && isWithin(rule, by) && !namesMore(rule, by);
  // Only a certain match denies, so a deny rule that asks when unsure leaves something to the other.
  if (by.uncertain === 'approve' || stricter(by.verdict, rule.verdict) !== by.verdict) return false;
  return isWithin(rule, by) && (rule.verdict !== 'allow' || speaksOfCommandsOnly(by));
}

/** An allow rule about effects also covers commands without any effect, which a stricter rule about them leaves alone. */
function speaksOfCommandsOnly(rule: Rule): boolean {
  return Object.keys(rule.shape).every((key) => key === 'tools' || key === 'commands');
}

/** For an allow rule a further key permits more (`code`, `effects`); only rules with the same keys are compared. */
function namesMore(rule: Rule, by: Rule): boolean {
  return rule.verdict === 'allow' && Object.keys(rule.shape).some((key) => by.shape[key] === undefined);
}

function isWithin(rule: Rule, by: Rule): boolean {
  return Object.entries(by.shape).every(([key, values]) => {
    const own = rule.shape[key];
    return own?.every((value) => values.includes(value)) ?? false;
  });
}
