/**
 * What is refused before any parser sees the text: bytes and sizes that shells, terminals and people read differently.
 *
 * Refuses: invalid UTF-8, NUL and other control characters, invisible, bidirectional and exotic space characters,
 * lone surrogates, too much text, too deep nesting. INVARIANT: a text that passes is safe to hand to the parser, in
 * time and in meaning.
 */
import type { Unknown } from '../model.ts';

export interface TextLimits {
  /** Longer text is never decided automatically. */
  readonly maxDecidedBytes: number;
  /** Longer text is not even parsed. */
  readonly maxParsedBytes: number;
  /** Brackets nested deeper are not parsed: the parser recurses. */
  readonly maxDepth: number;
}

/** Worst of 40 adversarial shapes: 64 ms to parse at 16 KiB, 71 ms at 64 KiB; some take seconds at 100 KiB. */
export const defaultTextLimits: TextLimits = {
  maxDecidedBytes: 16 * 1024,
  maxParsedBytes: 64 * 1024,
  maxDepth: 100,
};

/** Everything outside printable ASCII, newline and tab; the careful look is only taken when this matches. */
const unusual = /[^\x20-\x7e\n\t]/;
/**
 * C0/C1 controls, every Unicode space but U+0020, format characters (zero-width, bidi, tags, soft hyphen), fillers
 * that show nothing, variation selectors, private use, unassigned, line and paragraph separators, surrogates.
 */
const refused =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u115f\u1160\u2800\u3164\uffa0\ufff0-\uffff\u{e0000}-\u{e0fff}]|\u034f|[\ufe00-\ufe0f]|\u17b4|\u17b5|[\u180b-\u180f]|[\p{Zl}\p{Zp}\p{Cf}\p{Co}\p{Cn}\p{Cs}]|(?! )\p{Zs}/u;

const codePointName = (text: string): string => {
  const code = text.codePointAt(0) ?? 0;
  return `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
};

export type GuardedText = { readonly isParseable: boolean; readonly unknowns: readonly Unknown[] };

/** Looks at the text as a whole. `isParseable` false: nothing but the unknowns can be said about it. */
export function guardText(text: string, limits: TextLimits): GuardedText {
  // A UTF-16 unit is at most three bytes of UTF-8, so short texts need no encoding to be measured.
  const bytes = text.length * 3 <= limits.maxDecidedBytes ? 0 : byteLength(text, limits.maxParsedBytes);
  if (bytes > limits.maxParsedBytes) {
    return refuse('TEXT_TOO_LONG', `The text is longer than ${limits.maxParsedBytes} bytes, so it was not read.`, 0);
  }
  if (unusual.test(text)) {
    const found = refused.exec(text);
    if (found !== null) {
      return refuse(
        'TEXT_CHARACTERS',
        `The text contains ${codePointName(found[0])}, which is invisible or which shells and terminals read differently.`,
        found.index,
        found[0].length,
      );
    }
  }
  const depthAt = tooDeepAt(text, limits.maxDepth);
  if (depthAt !== -1) {
    return refuse('TEXT_TOO_DEEP', `The text is nested more than ${limits.maxDepth} levels deep.`, depthAt);
  }
  if (bytes > limits.maxDecidedBytes) {
    return {
      isParseable: true,
      unknowns: [
        unknown('TEXT_TOO_LONG_TO_DECIDE', `Text over ${limits.maxDecidedBytes} bytes always needs a person.`, 0, 0),
      ],
    };
  }
  return { isParseable: true, unknowns: [] };
}

function unknown(code: string, reason: string, at: number, length: number): Unknown {
  return { code, reason, span: [at, at + length] };
}

function refuse(code: string, reason: string, at: number, length = 1): GuardedText {
  return { isParseable: false, unknowns: [unknown(code, reason, at, length)] };
}

/** UTF-8 length, counted only up to a little over `stopAt`. */
function byteLength(text: string, stopAt: number): number {
  if (text.length > stopAt) return text.length;
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    bytes += unit < 0x80 ? 1 : unit < 0x800 ? 2 : unit >= 0xd800 && unit <= 0xdfff ? 2 : 3;
  }
  return bytes;
}

/**
 * Index where nesting exceeds the limit, or -1. Counts without regard to quoting, so it may refuse odd but harmless
 * text; a quoted closing can hide a level, which the parser's own limit of 256 and the total of substitutions catch.
 */
function tooDeepAt(text: string, maxDepth: number): number {
  if (text.length <= maxDepth) return -1;
  let depth = 0;
  let functions = 0;
  let substitutions = 0;
  let backticks = 0;
  for (const match of text.matchAll(/[([{)\]}`]/g)) {
    switch (match[0]) {
      case '(':
        if (text[match.index + 1] === ')') functions++;
        if (text[match.index - 1] === '$') substitutions++;
        depth++;
        break;
      case '[':
      case '{':
        depth++;
        break;
      case '`':
        backticks++;
        break;
      default:
        if (depth > 0) depth--;
    }
    if (depth > maxDepth || functions > maxDepth || backticks + substitutions > 4 * maxDepth) {
      return match.index;
    }
  }
  return -1;
}
