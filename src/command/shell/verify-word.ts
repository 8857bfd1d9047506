/**
 * Words: the parser's parts must cover the word without gaps, each part must read the same to us, and the word must
 * end where a word can end.
 *
 * Refuses: glued words (`0<(cmd)`, `a<(x)b`), brace text that bash would expand, tildes after `=` and `:`, extended
 * globs, `$"…"`, evaluators (`${!x}`, `${x@P}`, subscripts), backslashes in backticks, `$$(`.
 */
import type { ParsedScript, Word, WordPart } from 'unbash';
import { readArithmeticIn } from './arithmetic.ts';
import { type Cursor, flagBash, flagPosix, report, type Verification } from './cursor.ts';
import {
  ansiValue,
  bareShape,
  bareValue,
  bracketExpression,
  doubleQuotedValue,
  heredocValue,
  mayExpandBraces,
  plainWord,
} from './literal.ts';
import { printedDocument } from './printed-document.ts';
import type { Part, Program, Template } from './syntax.ts';
import { readParameter } from './verify-parameter.ts';

export type Place = 'argument' | 'assignment' | 'pattern' | 'operand' | 'quoted-operand' | 'regex';

/** `host:~/x`, `--prefix=~/x`: only behind the name of a variable do some shells expand a ~ that stands inside of a word. */
const isNoAssignment = (before: string): boolean => /^(?:[\w.@/-]+:|-[\w-]*=)$/.test(before);

export class WordReader {
  readonly #v: Verification;
  readonly #readNested: (script: ParsedScript, start: number, end: number) => Program;

  constructor(v: Verification, readNested: (script: ParsedScript, start: number, end: number) => Program) {
    this.#v = v;
    this.#readNested = readNested;
  }

  /** The word at the cursor, which must end at a delimiter; moves the cursor behind it. */
  read(cursor: Cursor, word: Word, place: Place): Template {
    cursor.arriveAt(word.pos);
    const template = this.template(word, place);
    cursor.at = word.end;
    if (!cursor.isDelimiterAt(word.end)) cursor.misread('two words without a blank between them', word.end);
    return template;
  }

  /** A word inside bounds that the caller checks. */
  template(word: Word, place: Place): Template {
    const raw = this.#v.source.slice(word.pos, word.end);
    const span = [word.pos, word.end] as const;
    if (raw !== word.text) {
      return { parts: [this.#refuse('WORD_POSITION', 'a word is not where the parser says', word)], raw, span };
    }
    if (plainWord.test(raw)) return { parts: [{ kind: 'text', value: raw, isQuoted: false }], raw, span };
    if (raw === '') return { parts: [], raw, span };
    const parts = this.#parts(word, place);
    this.#checkShape(word, place, parts);
    return { parts, raw, span };
  }

  #parts(word: Word, place: Place): Part[] {
    const source = word.parts ?? [
      { type: 'Literal', pos: word.pos, end: word.end, text: word.text, value: word.value } as const,
    ];
    const parts: Part[] = [];
    let at = word.pos;
    for (const part of source) {
      if (part.pos !== at)
        parts.push(this.#refuse('WORD_GAP', 'part of a word was not read', { pos: at, end: part.pos }));
      at = part.end;
      this.#part(part, place, parts, word);
    }
    if (at !== word.end)
      parts.push(this.#refuse('WORD_GAP', 'part of a word was not read', { pos: at, end: word.end }));
    return parts;
  }

  /** Braces come first: to bash `$x{a,b}` is `$xa $xb`, and `~{a,b}` are the homes of a and b. */
  #isNamed({ pos, text }: WordPart, word: Word): boolean {
    const before = this.#v.source.slice(word.pos, pos);
    return (/\$[A-Za-z_]\w*$/.test(before) && /[{,]\w/.test(text)) || /^~[^/]*$/.test(before);
  }

  #part(part: WordPart, place: Place, into: Part[], word: Word): void {
    if (this.#v.source.slice(part.pos, part.end) !== part.text) {
      into.push(this.#refuse('WORD_POSITION', 'a word is not where the parser says', part));
      return;
    }
    switch (part.type) {
      case 'Literal':
        this.#literal(part, place, into, word);
        return;
      case 'SingleQuoted':
        if (place === 'quoted-operand' || part.text !== `'${part.value}'` || part.value.includes("'")) {
          into.push(this.#refuse('WORD_QUOTES', 'single quotes are read differently here', part));
        } else {
          this.#foreign(part.value, part);
          into.push({ kind: 'text', value: part.value, isQuoted: true });
        }
        return;
      case 'DoubleQuoted': {
        if (place === 'quoted-operand' || !/^".*"$/s.test(part.text)) {
          into.push(this.#refuse('WORD_QUOTES', 'double quotes are read differently here', part));
          return;
        }
        if (part.parts.length === 0) into.push({ kind: 'text', value: '', isQuoted: true });
        let at = part.pos + 1;
        for (const child of part.parts) {
          if (child.pos !== at) into.push(this.#refuse('WORD_GAP', 'part of a word was not read', child));
          at = child.end;
          if (!this.#document(child, place, into)) this.#quotedPart(child, at === part.end - 1, into);
        }
        if (at !== part.end - 1) into.push(this.#refuse('WORD_GAP', 'part of a word was not read', part));
        return;
      }
      case 'AnsiCQuoted': {
        flagBash(this.#v, "$'...'", part.pos, part.end);
        const value = place === 'quoted-operand' ? undefined : ansiValue(part.text);
        // A NUL ends the string: `read -d $'\0'` is how bash says "up to NUL".
        if (part.text === "$'\\0'") {
          into.push({ kind: 'text', value: '', isQuoted: true });
        } else if (value === undefined || value !== part.value) {
          into.push(this.#refuse('WORD_ANSI_QUOTES', "an escape inside $'...' is not understood", part));
        } else {
          into.push({ kind: 'text', value, isQuoted: true });
        }
        return;
      }
      case 'SimpleExpansion':
      case 'ParameterExpansion':
      case 'CommandExpansion':
      case 'ArithmeticExpansion':
        into.push(this.#expansion(part, place === 'quoted-operand'));
        return;
      case 'ProcessSubstitution': {
        flagBash(this.#v, `${part.operator}(...)`, part.pos, part.end);
        if (part.script === undefined || place !== 'argument' || part.pos !== word.pos || part.end !== word.end) {
          into.push(this.#refuse('WORD_GLUED_SUBSTITUTION', 'a process substitution is glued to other text', part));
        } else {
          const program = this.#nested(part, part.script, 2);
          into.push({ kind: 'process', operator: part.operator, program });
        }
        return;
      }
      case 'Glob':
        this.#glob(part.text, part, place, into, word);
        return;
      case 'BraceExpansion': {
        // To another shell the whole is a word of its own, which as a number of rounds is one.
        if (this.#v.dialect === 'unknown' || part.text !== word.text || !/^\{\d+\.\.\d+\}$/.test(part.text))
          flagBash(this.#v, '{a,b}', part.pos, part.end);
        else if (this.#v.dialect !== 'bash') {
          into.push({ kind: 'brace', text: part.text, isEither: true });
          return;
        }
        const isNamed = this.#isNamed(part, word);
        if (place === 'argument' && /^\{[A-Za-z0-9_./:@%+,-]*\}$/.test(part.text) && !isNamed) {
          into.push({ kind: 'brace', text: part.text });
        } else {
          const why = isNamed ? 'braces that go on with a name' : 'a brace expansion with more than plain characters';
          into.push(this.#refuse('WORD_BRACES', why, part));
        }
        return;
      }
      default:
        into.push(this.#refuse('WORD_KIND', `${part.type} is not understood`, part));
    }
  }

  #literal(part: { pos: number; end: number; text: string; value: string }, place: Place, into: Part[], word: Word) {
    // Inside "${x:-…}" the text is quoted text; outside, blanks are allowed as the operand ends at `}`.
    const text = place === 'operand' || place === 'quoted-operand' ? part.text.replaceAll(' ', '') : part.text;
    const isOperand = place === 'operand' || place === 'quoted-operand';
    // `${x%\%}`: whatever a shell takes the backslash for, nothing of it is run.
    if (isOperand && (text === '' || /^(?:[A-Za-z0-9_./:@%+,=*-]|\\[%./:@+,=*-])+$/.test(text))) {
      into.push({ kind: 'text', value: part.text, isQuoted: false });
      return;
    }
    const value = isOperand ? undefined : bareValue(part.text);
    if (value === undefined || (part.text.endsWith('$') && part.end !== word.end)) {
      into.push(this.#refuse('WORD_CHARACTERS', 'unquoted characters that shells read differently; quote them', part));
      return;
    }
    if (value !== part.value) {
      into.push(this.#refuse('WORD_VALUE', 'two readings of one word do not agree', part));
      return;
    }
    if (part.pos === word.pos && part.text.startsWith('~') && (place === 'argument' || place === 'assignment')) {
      this.#tilde(part, value, into);
      return;
    }
    this.#foreign(part.text, part);
    into.push({ kind: 'text', value, isQuoted: part.text.includes('\\') });
  }

  #tilde(part: { pos: number; end: number; text: string }, value: string, into: Part[]): void {
    const prefix = /^~([A-Za-z_][A-Za-z0-9_.-]*)?(?:\/|$)/.exec(part.text)?.[0];
    if (prefix === undefined) {
      into.push(this.#refuse('WORD_TILDE', 'this form of ~ is not understood', part));
      return;
    }
    into.push({ kind: 'tilde', text: prefix });
    if (value.length > prefix.length) {
      into.push({ kind: 'text', value: value.slice(prefix.length), isQuoted: part.text.includes('\\') });
    }
  }

  #quotedPart(part: WordPart, isLast: boolean, into: Part[]): void {
    if (this.#v.source.slice(part.pos, part.end) !== part.text) {
      into.push(this.#refuse('WORD_POSITION', 'a word is not where the parser says', part));
      return;
    }
    switch (part.type) {
      case 'Literal': {
        const value = doubleQuotedValue(part.text, isLast);
        if (value === undefined || value !== part.value) {
          into.push(this.#refuse('WORD_CHARACTERS', 'text in double quotes that shells read differently', part));
        } else {
          this.#foreign(part.text, part);
          into.push({ kind: 'text', value, isQuoted: true });
        }
        return;
      }
      case 'SimpleExpansion':
      case 'ParameterExpansion':
      case 'CommandExpansion':
      case 'ArithmeticExpansion':
        into.push(this.#expansion(part, true));
        return;
      default:
        into.push(this.#refuse('WORD_KIND', `${part.type} is not understood in double quotes`, part));
    }
  }

  #document({ type, pos, end }: WordPart, place: Place, into: Part[]): boolean {
    if (type !== 'CommandExpansion' || (place !== 'argument' && place !== 'assignment')) return false;
    const value = printedDocument(this.#v.source, pos, end);
    if (value === undefined) return false;
    flagPosix(this.#v, 'a heredoc', pos, end);
    into.push({ kind: 'text', value, isQuoted: true });
    return true;
  }

  /** The body of a heredoc whose delimiter is not quoted. */
  heredoc(parts: readonly WordPart[], pos: number, end: number): Part[] {
    const into: Part[] = [];
    let at = pos;
    for (const part of parts) {
      if (part.pos !== at) into.push(this.#refuse('WORD_GAP', 'part of a heredoc was not read', part));
      at = part.end;
      if (part.type === 'Literal') {
        const value = heredocValue(part.text);
        if (value === undefined) into.push(this.#refuse('WORD_CHARACTERS', 'a heredoc body with odd escapes', part));
        else into.push({ kind: 'text', value, isQuoted: true });
      } else {
        this.#quotedPart(part, false, into);
      }
    }
    if (at !== end) into.push(this.#refuse('WORD_GAP', 'part of a heredoc was not read', { pos: at, end }));
    return into;
  }

  #expansion(part: WordPart, isQuoted: boolean): Part {
    const { source } = this.#v;
    flagPosix(this.#v, '$', part.pos, part.end);
    switch (part.type) {
      case 'SimpleExpansion': {
        const name = /^\$([A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])$/.exec(part.text)?.[1];
        // bash's quote matching takes `$(` out of `$$(`.
        if (name === undefined || (name === '$' && source[part.end] === '(')) {
          return this.#refuse('WORD_PARAMETER', 'this parameter is not understood', part);
        }
        return { kind: 'parameter', name, index: undefined, isQuoted, isLength: false, operation: undefined };
      }
      case 'ParameterExpansion':
        return (
          readParameter(this.#v, part, isQuoted, (word, place) => this.template(word, place)) ??
          this.#refuse('WORD_PARAMETER', 'this parameter expansion can evaluate text', part)
        );
      case 'CommandExpansion': {
        const isBacktick = part.text.startsWith('`');
        // `$((` may be arithmetic to one shell and a subshell to another.
        if (part.script === undefined || (!isBacktick && !/^\$\((?!\()/.test(part.text))) {
          return this.#refuse('WORD_SUBSTITUTION', 'this command substitution is not understood', part);
        }
        // Escapes of these four are undone before the text is read; in double quotes, of quotes as well.
        if (isBacktick && (/\\[$`\\\n]/.test(part.text) || (isQuoted && part.text.includes('"')))) {
          return this.#refuse('WORD_BACKTICKS', 'escapes inside backticks, or quotes in quotes; use $(...)', part);
        }
        return { kind: 'substitution', program: this.#nested(part, part.script, isBacktick ? 1 : 2), isQuoted };
      }
      case 'ArithmeticExpansion': {
        const { text, pos, end } = part;
        const expression =
          text.startsWith('$((') && text.endsWith('))')
            ? readArithmeticIn(source, [pos + 3, end - 2], () => part.expression, this.#readNested)
            : undefined;
        return expression === undefined
          ? this.#refuse('ARITHMETIC', 'arithmetic with more than numbers, plain variables and operators', part)
          : { kind: 'arithmetic', expression, isQuoted };
      }
      default:
        return this.#refuse('WORD_KIND', `${part.type} is not understood`, part);
    }
  }

  #glob(text: string, part: { pos: number; end: number }, place: Place, into: Part[], word: Word): void {
    flagPosix(this.#v, 'a glob', part.pos, part.end);
    // HOSTILE: the parser hands `x[$(cmd)]` over as a pattern, also where nothing expands patterns.
    if (!/^(?:\*+|\?)$/.test(text) && !bracketExpression.test(text)) {
      into.push(this.#refuseBrackets(text, part, word));
    } else if (place === 'assignment') {
      into.push({ kind: 'text', value: text, isQuoted: true });
    } else {
      if (text.startsWith('[^')) flagBash(this.#v, '[^...]', part.pos, part.end);
      into.push({ kind: 'glob', text });
    }
  }

  #nested(part: { pos: number; end: number }, script: ParsedScript, skip: 1 | 2): Program {
    return this.#readNested(script, part.pos + skip, part.end - 1);
  }

  /** Characters whose meaning depends on their neighbours. */
  #checkShape(word: Word, place: Place, parts: readonly Part[]): void {
    if (place === 'operand' || place === 'quoted-operand' || place === 'regex') return;
    const bare = (word.parts ?? [{ type: 'Literal', text: word.text }])
      .map((part) => (part.type === 'Literal' ? bareShape(part.text) : part.type === 'Glob' ? part.text : 'x'))
      .join('');
    if (bare === 'x') return;
    const hasBrace = (word.parts ?? [word]).some(
      (part) => (part.type === 'Literal' || part.type === 'Word') && /[{}]/.test(bareShape(part.text)),
    );
    if (hasBrace) {
      flagPosix(this.#v, 'an unquoted brace', word.pos, word.end);
      // What stands in quotes never belongs to a brace expansion: `awk {'print $1, $2'}`.
      const isQuotedOnly =
        word.parts?.every(({ type }) => /^(?:Literal|SingleQuoted|DoubleQuoted)$/.test(type)) === true;
      if (place !== 'assignment' && mayExpandBraces(isQuotedOnly ? bare : word.text)) {
        this.#report('WORD_BRACES', 'unquoted braces that bash may expand; quote them', word);
      }
    }
    const tilde = bare.indexOf('~', place === 'argument' || place === 'assignment' ? 1 : 0);
    if (
      tilde > 0 &&
      /[=:]/.test(bare.slice(0, tilde)) &&
      !(place === 'argument' && isNoAssignment(bare.slice(0, tilde)))
    ) {
      this.#report('WORD_TILDE', 'a ~ after = or : that only some shells expand; quote it', word);
    }
    const bracket = bare.indexOf('[');
    if (bracket !== -1 && word.text !== '[' && word.text !== '[[' && place !== 'assignment') {
      const isGlob = parts.some((part) => part.kind === 'glob' && part.text.startsWith('['));
      if (!isGlob) this.#report('WORD_GLOB', 'an unquoted [ that some shells read as a pattern; quote it', word);
    }
    if (bare.startsWith('#')) this.#report('WORD_CHARACTERS', 'a word that begins with # may be a comment', word);
  }

  /** Characters that mean something to zsh, fish or csh only. */
  #foreign(text: string, at: { pos: number; end: number }): void {
    if (this.#v.dialect === 'unknown' && /[!\\\n=^#{}$[\]~]/.test(text)) {
      flagPosix(this.#v, 'one of ! \\ = ^ # { } $ [ ] ~ or a newline in a word', at.pos, at.end);
    }
  }

  #refuseBrackets(text: string, part: { pos: number; end: number }, word: Word): Part {
    const name = word.text.slice(0, part.pos - word.pos);
    if (this.#v.dialect !== 'bash' || !/\s/.test(text) || !/^[A-Za-z_]\w*$/.test(name))
      return this.#refuse('WORD_GLOB', 'a bracket expression with unusual characters', part);
    // Where a command begins, bash looks for the end of a subscript, over blanks and operators.
    const reason = `To bash ${name}[...] is one word, and Sallyport does not know a command of that name.`;
    report(this.#v, 'COMMAND_NAME_DYNAMIC', reason, part.pos, part.end);
    return { kind: 'opaque' };
  }

  #refuse(code: string, what: string, at: { pos: number; end: number }): Part {
    this.#report(code, what, at);
    return { kind: 'opaque' };
  }

  #report(code: string, what: string, at: { pos: number; end: number }): void {
    report(this.#v, code, `Not understood: ${what}.`, at.pos, at.end);
  }
}
