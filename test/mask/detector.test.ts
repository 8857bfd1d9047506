import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignmentRules } from '../../src/mask/assignment-rules.ts';
import { Detector } from '../../src/mask/detector.ts';
import type { Rule } from '../../src/mask/rule.ts';
import { tokenRules } from '../../src/mask/token-rules.ts';
import { secrets } from './secrets.ts';

const rules = [...tokenRules, ...assignmentRules];

const expressions = new Map<string, RegExp>();

/** Looks at every position with every rule: slow, and right by construction. */
function firstByHand(text: string): number | undefined {
  for (let at = 0; at < text.length; at++) {
    if (rules.some((rule) => matchesAt(rule, text, at))) return at;
  }
  return undefined;
}
function matchesAt({ before = '', lead, body, after = '', accepts }: Rule, text: string, at: number): boolean {
  const source = `${before}(${lead.full})(${body.full})${after}`;
  const expression = expressions.get(source) ?? new RegExp(source, 'y');
  expressions.set(source, expression);
  expression.lastIndex = at;
  const match = expression.exec(text);
  return match !== null && accepts?.(match[2] ?? '', text.charAt(at + match[0].length), match[1] ?? '') !== false;
}

describe('the detector', () => {
  it.each(secrets)('has an anchor and an open gate where $name begins', ({ text }) => {
    const detector = new Detector(rules);
    const at = firstByHand(text);
    expect(at).toBeDefined();
    let candidate = detector.next(text, 0);
    while (candidate !== undefined && candidate.at < (at ?? 0)) candidate = detector.next(text, candidate.at + 1);
    expect(candidate?.at).toBe(at);
    const open = candidate === undefined ? [] : detector.openRules(candidate, text);
    expect(open.some(({ rule }) => matchesAt(rule, text, at ?? 0))).toBe(true);
  });

  it('passes over no place where a rule applies, in text that is nearly a secret', () => {
    const detector = new Detector(rules);
    const letters = [...'aZ09 _-.:="\'/$\\\u00e9'];
    const nearly = fc
      .tuple(fc.constantFrom(...secrets), fc.nat(60), fc.constantFrom(...letters), fc.constantFrom('', ...letters))
      .map(([{ text }, at, letter, before]) => {
        const short = text.slice(0, 120);
        return before + short.slice(0, at) + letter + short.slice(at + (at & 1));
      });
    fc.assert(
      fc.property(nearly, (text) => {
        const at = firstByHand(text);
        if (at === undefined) return;
        const places = new Set<number>();
        for (let next = detector.next(text, 0); next !== undefined; next = detector.next(text, next.at + 1)) {
          if (detector.openRules(next, text).length > 0) places.add(next.at);
        }
        expect(places).toContain(at);
        expect(detector.clearTo(Buffer.from(text, 'latin1'), 0, text.length)).toBeLessThanOrEqual(at);
      }),
      { numRuns: 2000 },
    );
  });

  it('has no unbounded quantifier in any rule', () => {
    const unbounded = rules.filter(({ lead, body }) => /(?<!\\)[*+](?![^[\]]*\])|\{\d+,\}/.test(lead.full + body.full));
    expect(unbounded.map(({ name }) => name)).toEqual([]);
  });
});
