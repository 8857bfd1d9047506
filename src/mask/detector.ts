/**
 * Finds where in a text a rule applies. One table look-up per character decides where rules are tried at all: the
 * last three characters, folded to six bits each, index the rules that can begin with them. Where they do, the characters
 * around are looked at one by one, and only where those agree a regular expression is asked.
 *
 * INVARIANT: a position without an anchor begins no match, so text without anchors costs no regular expression.
 */
import { type Opening, openingOf } from './opening.ts';
import type { Rule } from './rule.ts';

export interface CompiledRule {
  readonly rule: Rule;
  /** The same object for the same gate. */
  readonly gate: RegExp | undefined;
  /** The same object for the same opening. */
  readonly opening: Opening;
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

function compile(rule: Rule, gates: Map<string, RegExp>, openings: Map<string, Opening>): CompiledRule {
  const { before = '', after = '', lead, body, continuation } = rule;
  const partialBody = body.partial === '' ? lead.partial : `(?:${lead.full}${body.partial}|${lead.partial})`;
  if (rule.gate !== undefined && !gates.has(rule.gate)) gates.set(rule.gate, new RegExp(rule.gate, 'y'));
  const opening = openingOf(rule);
  if (!openings.has(opening.key)) openings.set(opening.key, opening);
  const isUnits = continuation?.kind === 'units';
  return {
    rule,
    gate: rule.gate === undefined ? undefined : gates.get(rule.gate),
    opening: openings.get(opening.key) ?? opening,
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

interface Group {
  readonly rules: readonly CompiledRule[];
  /** Of all rules, each once. */
  readonly openings: readonly Opening[];
}

export interface Candidate {
  readonly at: number;
  readonly rules: readonly CompiledRule[];
}

export class Detector {
  /** Folded trigram → 1 + index into `#groups`. */
  readonly #table = new Uint16Array(64 * 64 * 64);
  /** One bit per trigram: small enough to stay close to the processor, as the table is not. */
  readonly #isAnchor = new Uint8Array((64 * 64 * 64) / 8);
  readonly #groups: Group[] = [];
  /** Whether one or two characters at the end of a text can grow into an anchor. */
  readonly #isStart = new Uint8Array(64 * 64 + 64);

  constructor(rules: readonly Rule[]) {
    const gates = new Map<string, RegExp>();
    const openings = new Map<string, Opening>();
    const byTrigram = new Map<number, CompiledRule[]>();
    for (const rule of rules) {
      const compiled = compile(rule, gates, openings);
      for (const anchor of rule.anchors) this.#addAnchor(byTrigram, anchor, compiled);
    }
    const known = new Map<string, number>();
    const ids = new Map([...byTrigram.values()].flat().map((rule, at) => [rule, at]));
    for (const [trigram, group] of byTrigram) {
      const key = group.map((rule) => ids.get(rule)).join();
      const index =
        known.get(key) ??
        this.#groups.push({ rules: group, openings: [...new Set(group.map((rule) => rule.opening))] });
      known.set(key, index);
      this.#table[trigram] = index;
      this.#isAnchor[trigram >> 3] = (this.#isAnchor[trigram >> 3] ?? 0) | (1 << (trigram & 7));
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

  /** The candidate's rules that the characters there agree with and whose gate is open. */
  openRules({ at, rules }: Candidate, text: string): readonly CompiledRule[] {
    let [gate, isOpen]: [RegExp | undefined, boolean] = [undefined, true];
    return rules.filter((rule) => {
      if (!rule.opening.agrees(text, at)) return false;
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
    const isAnchor = this.#isAnchor;
    const last = text.length;
    if (from + 2 >= last) return undefined;
    let trigram = ((foldOf[text.charCodeAt(from)] ?? 0) << 6) | (foldOf[text.charCodeAt(from + 1)] ?? 0);
    for (let at = from + 2; at < last; at++) {
      trigram = ((trigram << 6) | (foldOf[text.charCodeAt(at)] ?? 0)) & 0x3ffff;
      if (((isAnchor[trigram >> 3] ?? 0) & (1 << (trigram & 7))) === 0) continue;
      const group = this.#groups[(this.#table[trigram] ?? 0) - 1];
      if (group !== undefined && hasOpening(group, text, at - 2)) return { at: at - 2, rules: group.rules };
    }
    return undefined;
  }

  /** First place in `bytes` from `from` to `end` where a rule, or what may grow into one, may begin; else `end`. */
  clearTo(bytes: Uint8Array, from: number, end: number): number {
    const isAnchor = this.#isAnchor;
    let trigram = 0;
    if (end - from > 2) trigram = ((foldOf[bytes[from] ?? 0] ?? 0) << 6) | (foldOf[bytes[from + 1] ?? 0] ?? 0);
    for (let at = from + 2; at < end; at++) {
      trigram = ((trigram << 6) | (foldOf[bytes[at] ?? 0] ?? 0)) & 0x3ffff;
      if (((isAnchor[trigram >> 3] ?? 0) & (1 << (trigram & 7))) === 0) continue;
      const openings = this.#groups[(this.#table[trigram] ?? 0) - 1]?.openings ?? [];
      for (const opening of openings) if (opening.agreesInBytes(bytes, from, at - 2, end)) return at - 2;
    }
    const rest = Math.max(from, end - 2);
    return rest + this.startAtEnd(Buffer.from(bytes.buffer, bytes.byteOffset + rest, end - rest).toString('latin1'), 0);
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

function hasOpening({ openings }: Group, text: string, at: number): boolean {
  for (const opening of openings) if (opening.agrees(text, at)) return true;
  return false;
}
