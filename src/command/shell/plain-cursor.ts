/** Where the reader of plain texts is, and what the characters there are. */

const other = 0;
/** Means itself in every word. */
const plain = 1;
export const glob = 2;
export const blank = 3;
/** Ends a word and a command. */
export const operator = 4;

/** What an ASCII character is outside quotes; `other` are those that the grammar is needed for. */
const kindOf = Uint8Array.from({ length: 128 }, (_, code) => {
  const char = String.fromCharCode(code);
  if (/[A-Za-z0-9_./:@%+,=-]/.test(char)) return plain;
  if (/[*?]/.test(char)) return glob;
  if (/[ \t]/.test(char)) return blank;
  return /[|&;\n]/.test(char) ? operator : other;
});
export const kindOfUnit = (unit: number): number => (unit < 128 ? (kindOf[unit] ?? other) : other);
export const quote = 0x27;
export const doubleQuote = 0x22;
export const backslash = 0x5c;
export const dollar = 0x24;
export const backtick = 0x60;
export const newline = 0x0a;
export const semicolon = 0x3b;
export const bar = 0x7c;
export const ampersand = 0x26;
export const less = 0x3c;
export const greater = 0x3e;
export const zero = 0x30;
export const bang = 0x21;
export const equals = 0x3d;
export const open = 0x28;
export const close = 0x29;
export const openBrace = 0x7b;
export const closeBrace = 0x7d;
export const tilde = 0x7e;
export const slash = 0x2f;
const underscore = 0x5f;
export const isDigit = (unit: number): boolean => unit >= zero && unit <= 0x39;

/** A letter, a digit or `_`. */
export const isOfName = (unit: number): boolean =>
  isDigit(unit) || unit === underscore || ((unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a);

export class PlainCursor {
  readonly source: string;
  at = 0;

  constructor(source: string) {
    this.source = source;
  }

  plain(): void {
    this.at = this.past(plain);
  }

  lines(): void {
    this.blanks();
    while (this.unit() === newline) {
      this.at += 1;
      this.blanks();
    }
  }

  blanks(): void {
    this.at = this.past(blank);
  }

  past(kind: number): number {
    const source = this.source;
    let at = this.at;
    while (at < source.length && kindOfUnit(source.charCodeAt(at)) === kind) at += 1;
    return at;
  }

  /** The UTF-16 unit so far from here, NUL behind the end. */
  unit(offset = 0): number {
    const at = this.at + offset;
    return at < this.source.length ? this.source.charCodeAt(at) : 0;
  }

  /** Where the name that begins there ends: there, when none does. */
  pastName(from: number): number {
    const source = this.source;
    let at = from;
    if (at < source.length && isDigit(source.charCodeAt(at))) return from;
    while (at < source.length && isOfName(source.charCodeAt(at))) at += 1;
    return at;
  }
}
