/**
 * Reads texts of nothing but words, quotes, `$name`, `~/`, `*`, `?`, `|`, `&&`, `||`, `;` and redirections to such
 * words: most of what agents send. They need no grammar, and no second look at one.
 *
 * INVARIANT: what is read here is what the parser and its verification read, node by node; every other text is theirs.
 * SPEC: POSIX Shell Command Language 2.2 (quoting), 2.3 (tokens), 2.4 (reserved words).
 */
import { doubleQuotedValue } from './literal.ts';
import { reserved } from './reserved-words.ts';
import { append, nothing } from './short-list.ts';
import type {
  AndOr,
  Argument,
  CommandNode,
  Part,
  Pipeline,
  Program,
  RedirectNode,
  Statement,
  Template,
} from './syntax.ts';

const other = 0;
/** Means itself in every word. */
const plain = 1;
const glob = 2;
const blank = 3;
/** Ends a word and a command. */
const operator = 4;

/** What an ASCII character is outside quotes; `other` are those that the grammar is needed for. */
const kindOf = Uint8Array.from({ length: 128 }, (_, code) => {
  const char = String.fromCharCode(code);
  if (/[A-Za-z0-9_./:@%+,=-]/.test(char)) return plain;
  if (/[*?]/.test(char)) return glob;
  if (/[ \t]/.test(char)) return blank;
  return /[|&;]/.test(char) ? operator : other;
});
const kindOfUnit = (unit: number): number => (unit < 128 ? (kindOf[unit] ?? other) : other);
const quote = 0x27;
const doubleQuote = 0x22;
const backslash = 0x5c;
const dollar = 0x24;
const backtick = 0x60;
const semicolon = 0x3b;
const bar = 0x7c;
const ampersand = 0x26;
const less = 0x3c;
const greater = 0x3e;
const zero = 0x30;
const tilde = 0x7e;
const slash = 0x2f;
const underscore = 0x5f;
const isDigit = (unit: number): boolean => unit >= zero && unit <= 0x39;

/** A letter, a digit or `_`. */
const isOfName = (unit: number): boolean =>
  isDigit(unit) || unit === underscore || ((unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a);

/** Builtins whose arguments are assignments, or text that is evaluated. */
const readsWordsOtherwise = new Set(['alias', 'declare', 'eval', 'export', 'let', 'local', 'readonly', 'typeset']);

/** The program, or undefined when anything else stands in the text. */
export function readPlainText(source: string): Program | undefined {
  const first = source.charCodeAt(0);
  // `-c` and `+x` may be options of the shell that reads it.
  if (first === 0x2d || first === 0x2b || source.endsWith('\\')) return undefined;
  return new PlainText(source).program();
}

class PlainText {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  program(): Program | undefined {
    const statements: Statement[] = [];
    this.#blanks();
    while (this.#at < this.#source.length) {
      const list = this.#list();
      if (list === undefined) return undefined;
      statements.push({ list, isBackground: false });
      if (this.#at === this.#source.length) break;
      if (this.#unit() !== semicolon) return undefined;
      this.#at += 1;
      this.#blanks();
    }
    return { statements };
  }

  #list(): AndOr | undefined {
    const first = this.#pipeline();
    if (first === undefined) return undefined;
    let rest: { readonly operator: '&&' | '||'; readonly pipeline: Pipeline }[] | undefined;
    for (;;) {
      const unit = this.#unit();
      if ((unit !== ampersand && unit !== bar) || this.#unit(1) !== unit) break;
      this.#at += 2;
      this.#blanks();
      const pipeline = this.#pipeline();
      if (pipeline === undefined) return undefined;
      rest ??= [];
      rest.push({ operator: unit === bar ? '||' : '&&', pipeline });
    }
    return { first, rest: rest ?? [] };
  }

  #pipeline(): Pipeline | undefined {
    const command = this.#command();
    if (command === undefined) return undefined;
    const commands = [command];
    const operators: '|'[] = [];
    while (this.#unit() === bar && this.#unit(1) !== bar) {
      this.#at += 1;
      this.#blanks();
      const next = this.#command();
      if (next === undefined) return undefined;
      commands.push(next);
      operators.push('|');
    }
    return { isTimed: false, isNegated: false, commands, operators };
  }

  /** Words up to an operator or the end; undefined without one. */
  #command(): CommandNode | undefined {
    const from = this.#at;
    const name = this.#name();
    if (name === undefined) return undefined;
    const args: Argument[] = [{ word: name, assignment: undefined }];
    let redirects: RedirectNode[] | undefined;
    let end = this.#at;
    for (;;) {
      this.#blanks();
      if (this.#at === this.#source.length || kindOfUnit(this.#unit()) === operator) break;
      if (this.#isAtRedirect()) {
        const redirect = this.#redirect();
        if (redirect === undefined) return undefined;
        redirects = append(redirects, redirect);
      } else {
        const word = this.#word();
        if (word === undefined) return undefined;
        args.push({ word, assignment: undefined });
      }
      end = this.#at;
    }
    return { kind: 'simple', assignments: nothing, args, redirects: redirects ?? nothing, span: [from, end] };
  }

  #isAtRedirect(): boolean {
    const unit = this.#unit();
    const next = isDigit(unit) ? this.#unit(1) : unit;
    return next === less || next === greater;
  }

  /** `<`, `>`, `>>` and a word, or `>&` and a descriptor. */
  #redirect(): RedirectNode | undefined {
    const source = this.#source;
    const from = this.#at;
    const digit = source.charCodeAt(from);
    const fd = isDigit(digit) ? digit - zero : undefined;
    if (fd !== undefined) this.#at += 1;
    const isInput = this.#unit() === less;
    this.#at += 1;
    const next = this.#unit();
    const isAppend = !isInput && next === greater;
    const isCopy = !isInput && next === ampersand;
    if (isAppend || isCopy) this.#at += 1;
    if (!isCopy) this.#blanks();
    const target = this.#word();
    if (target === undefined || (isCopy && !/^[0-9]$/.test(target.raw))) return undefined;
    return { op: isInput ? '<' : isAppend ? '>>' : isCopy ? '>&' : '>', fd, target, span: [from, this.#at] };
  }

  /** Without quotes or escapes: `\export` and `"export"` are left to the grammar. */
  #name(): Template | undefined {
    const from = this.#at;
    this.#plain();
    if (this.#at === from || !this.#isAtEndOfWord()) return undefined;
    const word = this.#plainWord(from);
    const { raw } = word;
    return raw.includes('=') || reserved.has(raw) || readsWordsOtherwise.has(raw) ? undefined : word;
  }

  #plainWord(from: number): Template {
    const raw = this.#source.slice(from, this.#at);
    return { parts: [{ kind: 'text', value: raw, isQuoted: false }], raw, span: [from, this.#at] };
  }

  #word(): Template | undefined {
    const source = this.#source;
    const from = this.#at;
    this.#plain();
    if (this.#isAtEndOfWord()) return this.#at === from ? undefined : this.#plainWord(from);
    this.#at = from;
    const parts = this.#parts();
    if (parts === undefined) return undefined;
    return { parts, raw: source.slice(from, this.#at), span: [from, this.#at] };
  }

  #parts(): Part[] | undefined {
    const source = this.#source;
    const from = this.#at;
    // Nothing to a shell when it is all of a word behind the name: `find … ! -name a -exec … {} +`.
    const alone = source.startsWith('{}', this.#at) ? '{}' : source.startsWith('!', this.#at) ? '!' : undefined;
    if (alone !== undefined) {
      this.#at += alone.length;
      return this.#isAtEndOfWord() ? [{ kind: 'text', value: alone, isQuoted: false }] : undefined;
    }
    const parts: Part[] = [];
    if (this.#unit() === tilde) {
      this.#at += this.#unit(1) === slash ? 2 : 1;
      parts.push({ kind: 'tilde', text: source.slice(from, this.#at) });
      if (source[this.#at - 1] !== '/' && !this.#isAtEndOfWord()) return undefined;
    }
    while (!this.#isAtEndOfWord()) if (!this.#part(parts)) return undefined;
    return parts;
  }

  #part(into: Part[]): boolean {
    const unit = this.#unit();
    if (unit === doubleQuote) return this.#doubleQuoted(into);
    const part =
      unit === quote
        ? this.#singleQuoted()
        : unit === dollar
          ? this.#parameter(false)
          : kindOfUnit(unit) === glob
            ? this.#glob(unit)
            : this.#unquoted();
    if (part === undefined) return false;
    into.push(part);
    return true;
  }

  #singleQuoted(): Part | undefined {
    const from = this.#at + 1;
    const end = this.#source.indexOf("'", from);
    if (end === -1) return undefined;
    this.#at = end + 1;
    return { kind: 'text', value: this.#source.slice(from, end), isQuoted: true };
  }

  /** Text and parameters; false when there is more in it, or no end. */
  #doubleQuoted(into: Part[]): boolean {
    const source = this.#source;
    this.#at += 1;
    if (this.#unit() === doubleQuote) into.push({ kind: 'text', value: '', isQuoted: true });
    let from = this.#at;
    for (;;) {
      const unit = this.#unit();
      if (unit !== doubleQuote && unit !== dollar) {
        if (unit === backtick || this.#at >= source.length) return false;
        this.#at += unit === backslash ? 2 : 1;
        continue;
      }
      if (this.#at > from) {
        const value = doubleQuotedValue(source.slice(from, this.#at), true);
        if (value === undefined) return false;
        into.push({ kind: 'text', value, isQuoted: true });
      }
      if (unit === doubleQuote) {
        this.#at += 1;
        return true;
      }
      const part = this.#parameter(true);
      if (part === undefined) return false;
      into.push(part);
      from = this.#at;
    }
  }

  /** `$name`. */
  #parameter(isQuoted: boolean): Part | undefined {
    const source = this.#source;
    const from = this.#at + 1;
    let at = from;
    while (at < source.length && isOfName(source.charCodeAt(at))) at += 1;
    if (at === from || isDigit(source.charCodeAt(from))) return undefined;
    this.#at = at;
    const name = source.slice(from, at);
    return { kind: 'parameter', name, index: undefined, isQuoted, isLength: false, operation: undefined };
  }

  /** A `?`, or all the stars there are. */
  #glob(unit: number): Part {
    const from = this.#at;
    this.#at += 1;
    if (unit === 0x2a) while (this.#unit() === unit) this.#at += 1;
    return { kind: 'glob', text: this.#source.slice(from, this.#at) };
  }

  /** Plain and escaped characters. */
  #unquoted(): Part | undefined {
    const source = this.#source;
    let from = this.#at;
    let value = '';
    let isQuoted = false;
    for (;;) {
      this.#plain();
      if (this.#unit() !== backslash) break;
      const escaped = this.#unit(1);
      if (!(escaped >= 0x20 && escaped <= 0x7e) || escaped === dollar) return undefined;
      value += source.slice(from, this.#at);
      // The escaped character begins what is taken next.
      from = this.#at + 1;
      this.#at += 2;
      isQuoted = true;
    }
    if (this.#at === from) return undefined;
    return { kind: 'text', value: value + source.slice(from, this.#at), isQuoted };
  }

  #plain(): void {
    this.#at = this.#past(plain);
  }

  #blanks(): void {
    this.#at = this.#past(blank);
  }

  #past(kind: number): number {
    const source = this.#source;
    let at = this.#at;
    while (at < source.length && kindOfUnit(source.charCodeAt(at)) === kind) at += 1;
    return at;
  }

  #isAtEndOfWord(): boolean {
    if (this.#at === this.#source.length) return true;
    const kind = kindOfUnit(this.#source.charCodeAt(this.#at));
    return kind === blank || kind === operator;
  }

  /** The UTF-16 unit so far from here, NUL behind the end. */
  #unit(offset = 0): number {
    const at = this.#at + offset;
    return at < this.#source.length ? this.#source.charCodeAt(at) : 0;
  }
}
