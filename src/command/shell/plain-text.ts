/**
 * Reads texts of nothing but words, assignments, quotes, `$name`, `$(…)`, `{}`, `~/`, `*`, `?`, `|`, `&&`, `||`, `;` and
 * redirections to such words: most of what agents send. They need no grammar, and no second look at one.
 *
 * INVARIANT: what is read here is what the parser and its verification read, node by node; every other text is theirs.
 * SPEC: POSIX Shell Command Language 2.2 (quoting), 2.3 (tokens), 2.4 (reserved words).
 */
import { doubleQuotedValue } from './literal.ts';
import {
  ampersand,
  backslash,
  backtick,
  bang,
  bar,
  blank,
  close,
  closeBrace,
  dollar,
  doubleQuote,
  equals,
  glob,
  greater,
  isDigit,
  kindOfUnit,
  less,
  newline,
  open,
  openBrace,
  operator,
  PlainCursor,
  quote,
  semicolon,
  slash,
  tilde,
  zero,
} from './plain-cursor.ts';
import { reserved } from './reserved-words.ts';
import { append, nothing } from './short-list.ts';
import type {
  AndOr,
  Argument,
  AssignmentNode,
  CommandNode,
  Part,
  Pipeline,
  Program,
  RedirectNode,
  Statement,
  Template,
} from './syntax.ts';

/** Builtins whose arguments are assignments, or text that is evaluated. */
const readsWordsOtherwise = new Set(['alias', 'declare', 'eval', 'export', 'let', 'local', 'readonly', 'typeset']);

/** The program, or undefined when anything else stands in the text. */
export function readPlainText(source: string): Program | undefined {
  const first = source.charCodeAt(0);
  // `-c` and `+x` may be options of the shell that reads it.
  if (first === 0x2d || first === 0x2b || source.endsWith('\\') || source.endsWith('\\\n')) return undefined;
  return new PlainText(source).program();
}

class PlainText extends PlainCursor {
  /** How many substitutions it stands in. */
  #depth = 0;
  /** Of the word that is read: `{}` stands in it, outside quotes. */
  #hasBraces = false;

  /** Up to the end of the text, or to the `)` of the substitution it stands in. */
  program(): Program | undefined {
    const statements: Statement[] = [];
    this.lines();
    while (!this.#isAtEnd()) {
      const list = this.#list();
      if (list === undefined) return undefined;
      statements.push({ list, isBackground: false });
      if (this.#isAtEnd()) break;
      if (this.unit() === semicolon) this.at += 1;
      else if (this.unit() !== newline) return undefined;
      this.lines();
    }
    return { statements };
  }

  #isAtEnd(): boolean {
    return this.at === this.source.length || (this.#depth > 0 && this.unit() === close);
  }

  #list(): AndOr | undefined {
    const first = this.#pipeline();
    if (first === undefined) return undefined;
    let rest: { readonly operator: '&&' | '||'; readonly pipeline: Pipeline }[] | undefined;
    for (;;) {
      const unit = this.unit();
      if ((unit !== ampersand && unit !== bar) || this.unit(1) !== unit) break;
      this.at += 2;
      this.blanks();
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
    while (this.unit() === bar && this.unit(1) !== bar) {
      this.at += 1;
      this.blanks();
      const next = this.#command();
      if (next === undefined) return undefined;
      commands.push(next);
      operators.push('|');
    }
    return { isTimed: false, isNegated: false, commands, operators };
  }

  /** Assignments and words up to an operator or the end; undefined without one. */
  #command(): CommandNode | undefined {
    const from = this.at;
    let assignments: AssignmentNode[] | undefined;
    let end = from;
    for (let name = this.#assigned(); name !== ''; name = this.#assigned()) {
      const value = this.#value(name);
      if (value === undefined) return undefined;
      end = this.at;
      const span = [value.span[0] - name.length - 1, end] as const;
      assignments = append(assignments, { name, isAppend: false, value, elements: undefined, span });
      this.blanks();
    }
    if (assignments !== undefined && this.#isAtEndOfCommand())
      return { kind: 'simple', assignments, args: nothing, redirects: nothing, span: [from, end] };
    const name = this.#name();
    if (name === undefined) return undefined;
    const args: Argument[] = [{ word: name, assignment: undefined }];
    end = this.at;
    let redirects: RedirectNode[] | undefined;
    for (;;) {
      this.blanks();
      if (this.#isAtEndOfCommand()) break;
      if (this.#isAtRedirect()) {
        const redirect = this.#redirect();
        if (redirect === undefined) return undefined;
        redirects = append(redirects, redirect);
      } else {
        const word = this.#word();
        if (word === undefined) return undefined;
        args.push({ word, assignment: undefined });
      }
      end = this.at;
    }
    return {
      kind: 'simple',
      assignments: assignments ?? nothing,
      args,
      redirects: redirects ?? nothing,
      span: [from, end],
    };
  }

  #isAtEndOfCommand(): boolean {
    return this.#isAtEnd() || kindOfUnit(this.unit()) === operator;
  }

  /** The variable that is assigned here, or nothing. */
  #assigned(): string {
    const source = this.source;
    const end = this.pastName(this.at);
    return end > this.at && source.charCodeAt(end) === equals ? source.slice(this.at, end) : '';
  }

  /** What the variable is set to. `*` and `~` mean something else there. */
  #value(name: string): Template | undefined {
    this.at += name.length + 1;
    if (this.#isAtEndOfWord()) return { parts: [], raw: '', span: [this.at, this.at] };
    const value = this.#word();
    const isOther = value?.parts.some(({ kind }) => kind === 'glob' || kind === 'tilde') ?? true;
    return isOther ? undefined : value;
  }

  #isAtRedirect(): boolean {
    const unit = this.unit();
    const next = isDigit(unit) ? this.unit(1) : unit;
    return next === less || next === greater;
  }

  /** `<`, `>`, `>>` and a word, or `>&` and a descriptor. */
  #redirect(): RedirectNode | undefined {
    const source = this.source;
    const from = this.at;
    const digit = source.charCodeAt(from);
    const fd = isDigit(digit) ? digit - zero : undefined;
    if (fd !== undefined) this.at += 1;
    const isInput = this.unit() === less;
    this.at += 1;
    const next = this.unit();
    const isAppend = !isInput && next === greater;
    const isCopy = !isInput && next === ampersand;
    if (isAppend || isCopy) this.at += 1;
    if (!isCopy) this.blanks();
    const target = this.#word();
    if (target === undefined || (isCopy && !/^[0-9]$/.test(target.raw))) return undefined;
    return { op: isInput ? '<' : isAppend ? '>>' : isCopy ? '>&' : '>', fd, target, span: [from, this.at] };
  }

  /** Without quotes or escapes: `\export` and `"export"` are left to the grammar. */
  #name(): Template | undefined {
    const from = this.at;
    this.plain();
    if (this.at === from || !this.#isAtEndOfWord()) return undefined;
    const word = this.#plainWord(from);
    const { raw } = word;
    return raw.includes('=') || reserved.has(raw) || readsWordsOtherwise.has(raw) ? undefined : word;
  }

  #plainWord(from: number): Template {
    const raw = this.source.slice(from, this.at);
    return { parts: [{ kind: 'text', value: raw, isQuoted: false }], raw, span: [from, this.at] };
  }

  #word(): Template | undefined {
    const source = this.source;
    const from = this.at;
    this.plain();
    if (this.#isAtEndOfWord()) return this.at === from ? undefined : this.#plainWord(from);
    this.at = from;
    this.#hasBraces = false;
    const parts = this.#parts();
    const raw = source.slice(from, this.at);
    // Of `{}`, which find and xargs fill in, nothing is expanded but where a comma or two dots stand behind it.
    if (parts === undefined || (this.#hasBraces && /,|\.\./.test(raw))) return undefined;
    return { parts, raw, span: [from, this.at] };
  }

  #parts(): Part[] | undefined {
    const source = this.source;
    const from = this.at;
    if (this.unit() === bang) {
      // Nothing to a shell when it is all of a word behind the name: `find . ! -name a`.
      this.at += 1;
      return this.#isAtEndOfWord() ? [{ kind: 'text', value: '!', isQuoted: false }] : undefined;
    }
    const parts: Part[] = [];
    if (this.unit() === tilde) {
      this.at += this.unit(1) === slash ? 2 : 1;
      parts.push({ kind: 'tilde', text: source.slice(from, this.at) });
      if (source[this.at - 1] !== '/' && !this.#isAtEndOfWord()) return undefined;
    }
    while (!this.#isAtEndOfWord()) if (!this.#part(parts)) return undefined;
    return parts;
  }

  #part(into: Part[]): boolean {
    const unit = this.unit();
    if (unit === doubleQuote) return this.#doubleQuoted(into);
    const part =
      unit === quote
        ? this.#singleQuoted()
        : unit === dollar
          ? this.#expansion(false)
          : kindOfUnit(unit) === glob
            ? this.#glob(unit)
            : this.#unquoted();
    if (part === undefined) return false;
    into.push(part);
    return true;
  }

  #singleQuoted(): Part | undefined {
    const from = this.at + 1;
    const end = this.source.indexOf("'", from);
    if (end === -1) return undefined;
    this.at = end + 1;
    return { kind: 'text', value: this.source.slice(from, end), isQuoted: true };
  }

  /** Text and expansions; false when there is more in it, or no end. */
  #doubleQuoted(into: Part[]): boolean {
    const source = this.source;
    this.at += 1;
    if (this.unit() === doubleQuote) into.push({ kind: 'text', value: '', isQuoted: true });
    let from = this.at;
    for (;;) {
      const unit = this.unit();
      if (unit !== doubleQuote && unit !== dollar) {
        if (unit === backtick || this.at >= source.length) return false;
        this.at += unit === backslash ? 2 : 1;
        continue;
      }
      if (this.at > from) {
        const value = doubleQuotedValue(source.slice(from, this.at), true);
        if (value === undefined) return false;
        into.push({ kind: 'text', value, isQuoted: true });
      }
      if (unit === doubleQuote) {
        this.at += 1;
        return true;
      }
      const part = this.#expansion(true);
      if (part === undefined) return false;
      into.push(part);
      from = this.at;
    }
  }

  /** `$name` or `$(program)`. */
  #expansion(isQuoted: boolean): Part | undefined {
    const source = this.source;
    const from = this.at + 1;
    if (this.unit(1) === open) return this.#substitution(isQuoted);
    const at = this.pastName(from);
    if (at === from) return undefined;
    this.at = at;
    const name = source.slice(from, at);
    return { kind: 'parameter', name, index: undefined, isQuoted, isLength: false, operation: undefined };
  }

  #substitution(isQuoted: boolean): Part | undefined {
    const hasBraces = this.#hasBraces;
    this.at += 2;
    this.#depth += 1;
    const program = this.program();
    this.#depth -= 1;
    if (program === undefined || program.statements.length === 0 || this.unit() !== close) return undefined;
    this.at += 1;
    this.#hasBraces = hasBraces;
    return { kind: 'substitution', program, isQuoted };
  }

  /** A `?`, or all the stars there are. */
  #glob(unit: number): Part {
    const from = this.at;
    this.at += 1;
    if (unit === 0x2a) while (this.unit() === unit) this.at += 1;
    return { kind: 'glob', text: this.source.slice(from, this.at) };
  }

  /** Plain and escaped characters. */
  #unquoted(): Part | undefined {
    const source = this.source;
    let from = this.at;
    let value = '';
    let isQuoted = false;
    for (;;) {
      this.plain();
      const unit = this.unit();
      if (unit === openBrace && this.unit(1) === closeBrace) {
        this.at += 2;
        this.#hasBraces = true;
        continue;
      }
      if (unit !== backslash) break;
      const escaped = this.unit(1);
      if (!(escaped >= 0x20 && escaped <= 0x7e) || escaped === dollar) return undefined;
      value += source.slice(from, this.at);
      // The escaped character begins what is taken next.
      from = this.at + 1;
      this.at += 2;
      isQuoted = true;
    }
    if (this.at === from) return undefined;
    return { kind: 'text', value: value + source.slice(from, this.at), isQuoted };
  }

  #isAtEndOfWord(): boolean {
    if (this.#isAtEnd()) return true;
    const kind = kindOfUnit(this.unit());
    return kind === blank || kind === operator;
  }
}
