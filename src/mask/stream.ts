/**
 * Masks one output stream.
 *
 * Bytes are read as Latin-1, so what is not masked passes byte for byte. Text that may be the beginning of a secret is
 * held back until more comes; a prompt is let through by `flush` up to where a secret could begin.
 *
 * INVARIANT: however the stream is cut into chunks, the output of `push`es and `end` is the same.
 * INVARIANT: what is held back is bounded; at the bound it is masked, not let through.
 */
import type { StreamMasker } from '../gate/ports.ts';
import type { CompiledRule, Detector } from './detector.ts';
import { firstKeyLine, type KeyLines, readKeyLines } from './key-lines.ts';
import { type MaskedBytes, markBytes } from './masked-text.ts';
import { unfinishedAt, type View, viewOf } from './view.ts';

/** More than any rule needs, escape sequences included. */
const maxHeldBytes = 4096;
/** Kept of what was already let through: as far as a rule looks back. */
const contextCharacters = 288;
/** Bytes that are looked at as text at a time, where plain reading met what may be a secret or an escape sequence. */
const closeLookBytes = 2048;
/** What a stretch is masked as that could have become a secret but grew too long to wait for. */
const unfinishedName = 'unfinished';

interface Swallowing {
  readonly rule: CompiledRule;
  /** Characters swallowed of a block. */
  readonly count: number;
  readonly lines: KeyLines;
}

/** Ends a stretch that was masked at the bound. */
const unfinishedRest = /[^\x00-\x20\x7f]{0,1000}/y;

export class RuleStreamMasker implements StreamMasker {
  readonly #detector: Detector;
  readonly #counts: Record<string, number> = Object.create(null) as Record<string, number>;
  /** Context, then what is held back. */
  #raw = '';
  /** Everything of `#raw` before it has left. */
  #sent = 0;
  /** Scanning goes on here; not after `#sent` unless a flush let the harmless beginning of a match through. */
  #from = 0;
  #swallowing: Swallowing | 'rest' | undefined;
  #out = '';
  #hasMasked = false;

  constructor(detector: Detector) {
    this.#detector = detector;
  }

  get counts(): Readonly<Record<string, number>> {
    return this.#counts;
  }

  get hasPending(): boolean {
    return this.#raw.length > this.#sent;
  }

  push(raw: Buffer): MaskedBytes {
    const out: Buffer[] = [];
    for (let at = 0; at < raw.length; ) {
      const clearTo = this.#skim(raw, at);
      if (clearTo > at) out.push(raw.subarray(at, clearTo));
      const to = Math.min(clearTo + closeLookBytes, raw.length);
      if (to > clearTo) out.push(this.#look(raw.subarray(clearTo, to)));
      at = to;
    }
    return markBytes(join(out));
  }

  /** Where in `raw` a closer look must begin; what is before needs none. */
  #skim(raw: Buffer, from: number): number {
    if (this.#from < this.#raw.length || this.#swallowing !== undefined) return from;
    const escapeAt = raw.indexOf(0x1b, from);
    const to = this.#detector.clearTo(raw, from, escapeAt < 0 ? raw.length : escapeAt);
    if (to === from) return from;
    const seen = raw.toString('latin1', Math.max(from, to - contextCharacters), to);
    this.#raw = (this.#raw.slice(-contextCharacters) + seen).slice(-2 * contextCharacters);
    this.#sent = this.#raw.length;
    this.#from = this.#raw.length;
    return to;
  }

  #look(raw: Buffer): Buffer {
    const hadPending = this.hasPending;
    this.#raw += raw.toString('latin1');
    this.#hasMasked = false;
    const before = this.#sent;
    this.#process(false);
    const sentBytes = this.#sent - before;
    this.#forget();
    const out = this.#takeOut();
    // Nothing was changed: what leaves is the chunk itself, uncopied.
    if (!hadPending && !this.#hasMasked && sentBytes <= raw.length) return raw.subarray(0, sentBytes);
    return Buffer.from(out, 'latin1');
  }

  flush(): MaskedBytes {
    const end = unfinishedAt(this.#raw);
    const view = viewOf(this.#raw, end);
    if (this.#swallowing === undefined) this.#send(view.rawAt(this.#harmlessUpTo(view, this.#plainFrom(view))));
    return markBytes(Buffer.from(this.#takeOut(), 'latin1'));
  }

  end(): MaskedBytes {
    this.#process(true);
    this.#raw = '';
    this.#sent = 0;
    this.#from = 0;
    return markBytes(Buffer.from(this.#takeOut(), 'latin1'));
  }

  #takeOut(): string {
    const out = this.#out;
    this.#out = '';
    return out;
  }

  #send(to: number): void {
    if (to <= this.#sent) return;
    this.#out += this.#raw.slice(this.#sent, to);
    this.#sent = to;
  }

  /** Leaves out one character; what stands between the last one and it (escape sequences) is sent. */
  #drop(view: View, from: number, to: number): void {
    for (let at = from; at < to; at++) {
      const place = view.rawAt(at);
      if (place < this.#sent) continue;
      this.#send(place);
      this.#sent = place + 1;
    }
    this.#hasMasked = true;
  }

  #mask(name: string, view: View, from: number, to: number): void {
    this.#send(view.rawAt(from));
    this.#out += `[MASKED:${name}]`;
    this.#counts[name] = (this.#counts[name] ?? 0) + 1;
    this.#drop(view, from, to);
  }

  #plainFrom(view: View): number {
    if (view.rawAt(this.#from) === this.#from) return this.#from;
    let [low, high] = [0, view.text.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (view.rawAt(middle) < this.#from) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #process(isEnd: boolean): void {
    const end = isEnd ? this.#raw.length : unfinishedAt(this.#raw);
    const view = viewOf(this.#raw, end);
    let from = this.#plainFrom(view);
    for (;;) {
      if (this.#swallowing !== undefined) {
        from = this.#swallow(view, from, isEnd);
        if (this.#swallowing !== undefined) break;
      }
      const next = this.#scan(view, from, isEnd);
      from = next.from;
      if (!next.isSwallowing) break;
    }
    this.#from = view.rawAt(from);
    // All that stands before `from` was sent or dropped; what may be left there are escape sequences.
    this.#send(this.#from);
    if (this.#raw.length - this.#sent > maxHeldBytes) this.#giveUpWaiting(view, from);
  }

  #giveUpWaiting(view: View, from: number): void {
    const { length } = view.text;
    if (this.#swallowing === undefined) {
      this.#mask(unfinishedName, view, from, length);
      this.#swallowing = 'rest';
    } else this.#drop(view, from, length);
    this.#from = view.rawAt(length);
    this.#send(this.#from);
  }

  /** Masks from `from` on; stops where a match needs what comes after it (swallowing) or may still be growing. */
  #scan(view: View, from: number, isEnd: boolean): { readonly from: number; readonly isSwallowing: boolean } {
    const { text } = view;
    for (let at = from; ; ) {
      const candidate = this.#detector.next(text, at);
      if (candidate === undefined) {
        return { from: isEnd ? text.length : this.#detector.startAtEnd(text, at), isSwallowing: false };
      }
      const rules = this.#detector.openRules(candidate, text);
      if (!isEnd && rules.some((rule) => mayGrow(rule, text, candidate.at))) {
        return { from: candidate.at, isSwallowing: false };
      }
      const found = firstMatch(rules, text, candidate.at);
      if (found === undefined) {
        at = candidate.at + 1;
        continue;
      }
      const { rule, bodyAt, endAt } = found;
      this.#mask(rule.rule.name, view, rule.rule.keepsLead ? bodyAt : candidate.at, endAt);
      at = endAt;
      if (rule.rule.continuation !== undefined) {
        this.#swallowing = { rule, count: 0, lines: firstKeyLine };
        return { from: at, isSwallowing: true };
      }
    }
  }

  /** Returns where scanning goes on; `#swallowing` is still set when the text ended first. */
  #swallow(view: View, from: number, isEnd: boolean): number {
    const { text } = view;
    const swallowing = this.#swallowing;
    if (swallowing === undefined) return from;
    if (swallowing !== 'rest' && swallowing.rule.end !== undefined) {
      return this.#swallowBlock(view, from, swallowing, isEnd);
    }
    const unit = swallowing === 'rest' ? unfinishedRest : swallowing.rule.unit;
    const unitStart = swallowing === 'rest' ? undefined : swallowing.rule.unitStart;
    const to = unit === undefined ? from : endOfUnits(unit, text, from);
    this.#drop(view, from, to);
    if (to === text.length) return to;
    if (!isEnd && unitStart !== undefined && testAt(unitStart, text, to)) return to;
    this.#swallowing = undefined;
    return to;
  }

  #swallowBlock(view: View, from: number, { rule, count, lines }: Swallowing, isEnd: boolean): number {
    const { text } = view;
    const { continuation } = rule.rule;
    if (continuation?.kind !== 'block' || rule.end === undefined) return from;
    const limit = Math.min(text.length, from + continuation.maxCharacters - count);
    rule.end.lastIndex = from;
    const match = rule.end.exec(text);
    const end = match === null ? limit + 1 : match.index + match[0].length;
    // Without an end in sight the last characters may be its beginning; at the text's end it may still go on.
    const isOpen = limit === text.length && end >= limit && !isEnd;
    const openTo = Math.max(from, match === null ? limit - continuation.endLength : match.index);
    const read = readKeyLines(text, from, isOpen ? openTo : Math.min(end, limit), lines);
    const to = read.endAt ?? (isOpen ? openTo : Math.min(end, limit));
    this.#drop(view, from, to);
    const goesOn = isOpen && read.endAt === undefined;
    this.#swallowing = goesOn ? { rule, count: count + to - from, lines: read.lines } : undefined;
    return to;
  }

  /** Up to where the held text cannot be part of a secret's body, whatever comes. */
  #harmlessUpTo(view: View, from: number): number {
    const { text } = view;
    let upTo = text.length;
    for (let at = from; ; ) {
      const candidate = this.#detector.next(text, at);
      if (candidate === undefined || candidate.at >= upTo) return upTo;
      for (const rule of this.#detector.openRules(candidate, text)) {
        if (!mayGrow(rule, text, candidate.at)) continue;
        rule.lead.lastIndex = candidate.at;
        const lead = rule.lead.exec(text);
        if (lead !== null) upTo = Math.min(upTo, candidate.at + lead[0].length);
      }
      at = candidate.at + 1;
    }
  }

  /** Keeps of what was sent only as much as a rule looks back. */
  #forget(): void {
    const keepFrom = Math.min(this.#from, this.#sent) - contextCharacters;
    if (keepFrom <= contextCharacters) return;
    this.#raw = this.#raw.slice(keepFrom);
    this.#sent -= keepFrom;
    this.#from -= keepFrom;
  }
}

function testAt(expression: RegExp, text: string, at: number): boolean {
  expression.lastIndex = at;
  return expression.test(text);
}

function mayGrow(rule: CompiledRule, text: string, at: number): boolean {
  return text.length - at <= rule.maxLength && testAt(rule.partial, text, at);
}

function firstMatch(rules: readonly CompiledRule[], text: string, at: number) {
  for (const rule of rules) {
    rule.full.lastIndex = at;
    const match = rule.full.exec(text);
    if (match === null) continue;
    const [whole, lead = '', body = ''] = match;
    const endAt = at + whole.length;
    if (rule.rule.accepts?.(body, text.charAt(endAt), lead) === false) continue;
    return { rule, bodyAt: at + lead.length, endAt };
  }
  return undefined;
}

function endOfUnits(unit: RegExp, text: string, from: number): number {
  for (let at = from; ; ) {
    unit.lastIndex = at;
    const length = unit.exec(text)?.[0].length ?? 0;
    if (length === 0) return at;
    at += length;
  }
}

/** One buffer; parts that lie one behind the other in the same memory are not copied. */
function join(parts: readonly Buffer[]): Buffer {
  const [first, ...rest] = parts;
  if (first === undefined) return Buffer.alloc(0);
  let end = first.byteOffset + first.length;
  for (const part of rest) {
    if (part.length > 0 && (part.buffer !== first.buffer || part.byteOffset !== end)) return Buffer.concat(parts);
    end += part.length;
  }
  return Buffer.from(first.buffer, first.byteOffset, end - first.byteOffset);
}
