/**
 * Finds where in a text a rule applies. One table look-up per character decides where rules are tried at all: the
 * last three characters, folded to six bits each, index the rules that can begin with them.
 *
 * INVARIANT: a position without an anchor begins no match, so text without anchors costs no regular expression.
 */
import type { Rule } from './rule.ts';

export interface CompiledRule {
  readonly rule: Rule;
  /** The same object for the same gate. */
  readonly gate: RegExp | undefined;
  /** Groups 1 and 2 are lead and body. */
  readonly full: RegExp;
  readonly lead: RegExp;
  /** Matches when the rest of the text, from its `lastIndex`, is a beginning of a match. */
  readonly partial: RegExp;
  readonly maxLength: number;
  readonly unit: RegExp | undefined;
  readonly unitStart: RegExp | undefined;
  readonly end: RegExp | undefined;
}

/** Units are matched this many at a time: an unbounded loop would grow the regular expression's stack. */
const unitsPerStep = 1000;

function compile(rule: Rule, gates: Map<string, RegExp>): CompiledRule {
  const { before = '', after = '', lead, body, continuation } = rule;
  const partialBody = body.partial === '' ? lead.partial : `(?:${lead.full}${body.partial}|${lead.partial})`;
  if (rule.gate !== undefined && !gates.has(rule.gate)) gates.set(rule.gate, new RegExp(rule.gate, 'y'));
  const isUnits = continuation?.kind === 'units';
  return {
    rule,
    gate: rule.gate === undefined ? undefined : gates.get(rule.gate),
    full: new RegExp(`${before}(${lead.full})(${body.full})${after}`, 'y'),
    lead: new RegExp(`${before}${lead.full}`, 'y'),
    partial: new RegExp(`${before}${partialBody}$`, 'y'),
    maxLength: lead.maxLength + body.maxLength,
    unit: isUnits ? new RegExp(`(?:${continuation.unit}){0,${unitsPerStep}}`, 'y') : undefined,
    unitStart: isUnits && continuation.partial !== '' ? new RegExp(`(?:${continuation.partial})$`, 'y') : undefined,
    end: continuation?.kind === 'block' ? new RegExp(continuation.end, 'g') : undefined,
  };
}

const letters = 'abcdefghijklmnopqrstuvwxyz';
const digits = '0123456789';
/** Every character an anchor may contain has a number of its own; 0 is all others. Letters are folded. */
const alphabet = `${letters}${digits}-_:/$. "'=`;
const folds = alphabet.length + 1;

const foldOf = new Uint8Array(256);
for (const [at, character] of [...alphabet].entries()) {
  foldOf[character.charCodeAt(0)] = at + 1;
  foldOf[character.toUpperCase().charCodeAt(0)] = at + 1;
}

function foldsOf(symbol: string): readonly number[] {
  const among = symbol === '#' ? digits : symbol === '@' ? letters : symbol;
  if (symbol === '*') return Array.from({ length: folds }, (_, at) => at);
  return [...among].map((character) => foldOf[character.charCodeAt(0)] ?? 0);
}

export interface Candidate {
  readonly at: number;
  readonly rules: readonly CompiledRule[];
}

export class Detector {
  /** Folded trigram → 1 + index into `#groups`. */
  readonly #table = new Uint16Array(64 * 64 * 64);
  readonly #groups: (readonly CompiledRule[])[] = [];
  /** Whether one or two characters at the end of a text can grow into an anchor. */
  readonly #isStart = new Uint8Array(64 * 64 + 64);

  constructor(rules: readonly Rule[]) {
    const gates = new Map<string, RegExp>();
    const byTrigram = new Map<number, CompiledRule[]>();
    for (const rule of rules) {
      const compiled = compile(rule, gates);
      for (const anchor of rule.anchors) this.#addAnchor(byTrigram, anchor, compiled);
    }
    const known = new Map<string, number>();
    const ids = new Map([...byTrigram.values()].flat().map((rule, at) => [rule, at]));
    for (const [trigram, group] of byTrigram) {
      const key = group.map((rule) => ids.get(rule)).join();
      const index = known.get(key) ?? this.#groups.push(group);
      known.set(key, index);
      this.#table[trigram] = index;
    }
  }

  #addAnchor(byTrigram: Map<number, CompiledRule[]>, anchor: string, rule: CompiledRule): void {
    const [first = [], second = [], third = []] = [...anchor].map(foldsOf);
    for (const a of first) {
      this.#isStart[64 * 64 + a] = 1;
      for (const b of second) {
        this.#isStart[(a << 6) | b] = 1;
        for (const c of third) {
          const trigram = (a << 12) | (b << 6) | c;
          const group = byTrigram.get(trigram) ?? [];
          if (!group.includes(rule)) group.push(rule);
          byTrigram.set(trigram, group);
        }
      }
    }
  }

  /** The candidate's rules whose gate is open. */
  openRules({ at, rules }: Candidate, text: string): readonly CompiledRule[] {
    let [gate, isOpen]: [RegExp | undefined, boolean] = [undefined, true];
    return rules.filter((rule) => {
      if (rule.gate === undefined) return true;
      if (rule.gate === gate) return isOpen;
      gate = rule.gate;
      gate.lastIndex = at;
      isOpen = gate.test(text);
      return isOpen;
    });
  }

  /** First position from `from` on where a rule may begin. `text` has characters up to U+00FF. */
  next(text: string, from: number): Candidate | undefined {
    const table = this.#table;
    const last = text.length;
    if (from + 2 >= last) return undefined;
    let trigram = ((foldOf[text.charCodeAt(from)] ?? 0) << 6) | (foldOf[text.charCodeAt(from + 1)] ?? 0);
    for (let at = from + 2; at < last; at++) {
      trigram = ((trigram << 6) | (foldOf[text.charCodeAt(at)] ?? 0)) & 0x3ffff;
      const group = table[trigram] ?? 0;
      if (group !== 0) return { at: at - 2, rules: this.#groups[group - 1] ?? [] };
    }
    return undefined;
  }

  /** Where the last one or two characters could become an anchor; the text's length when they cannot. */
  startAtEnd(text: string, from: number): number {
    const { length } = text;
    const two = length - 2;
    if (two >= from) {
      const pair = ((foldOf[text.charCodeAt(two)] ?? 0) << 6) | (foldOf[text.charCodeAt(two + 1)] ?? 0);
      if (this.#isStart[pair] === 1) return two;
    }
    const one = length - 1;
    return one >= from && this.#isStart[64 * 64 + (foldOf[text.charCodeAt(one)] ?? 0)] === 1 ? one : length;
  }
}
