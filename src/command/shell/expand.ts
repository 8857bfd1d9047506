/**
 * Templates → words: what a word's value is in a given state of the shell.
 *
 * INVARIANT: a known word has exactly this value in every shell of the dialect; a dynamic word's values all start with
 * its prefix. A word that may split into several, or vanish, has no prefix at all.
 */
import { dynamicWord } from '../dynamic-word.ts';
import { type DynamicReason, type Span, type Tame, unknownInteger, type Word } from '../model.ts';
import type { NameList } from '../reading.ts';
import { addressWord } from './address-word.ts';
import { braceIn, expandBrace } from './brace.ts';
import { checkArithmetic } from './check-arithmetic.ts';
import { guardedReason, isGuardedVariable } from './environment.ts';
import type { Expansion, ExpansionListener } from './expansion.ts';
import { globOf, heldGlob, oneOf, saysSomething } from './glob-text.ts';
import { mayBeError } from './line-error.ts';
import { type ListedName, listedName } from './listed-glob.ts';
import { printedWord } from './printed-word.ts';
import { copyState, joinInto, type ShellState, type Value } from './shell-state.ts';
import { nothing } from './short-list.ts';
import type { Arithmetic, Part, Template } from './syntax.ts';
import { printedDirectory, tameNumbers } from './tame-output.ts';
import { followed, isInert, isOneWord, isPlaced, isPlainText, oneWord, printsAlways } from './tame-parts.ts';
import { valueIn } from './variable.ts';

/** A literal word may be as long as the text itself. */
const maxValueLength = 16 * 1024;

/** The word of a template that is one piece of text: most are. */
export function plainWord(template: Template, span: Span): Word | undefined {
  const { parts, raw } = template;
  const only = parts[0];
  return only?.kind === 'text' && parts.length === 1 && (only.value !== '' || only.isQuoted)
    ? { kind: 'known', value: only.value, raw, span }
    : undefined;
}

export function expand(
  template: Template,
  state: ShellState,
  expansion: Expansion,
  listener: ExpansionListener,
  span: Span = template.span,
): readonly Word[] {
  const known = plainWord(template, span) ?? (expansion === 'fields' ? addressWord(template, span) : undefined);
  if (known !== undefined) return [known];
  const brace = expansion === 'fields' ? braceIn(template.parts) : -1;
  const alternatives = brace === -1 ? undefined : expandBrace(template.parts[brace]);
  if (alternatives === undefined) return new Expander(template, state, expansion, listener, span).words();
  // Braces are expanded before anything else, into words of their own.
  return alternatives.flatMap((value) => {
    const parts = template.parts.with(brace, { kind: 'text', value, isQuoted: false });
    return expand({ ...template, parts }, state, expansion, listener, span);
  });
}

class Expander {
  readonly #template: Template;
  readonly #state: ShellState;
  readonly #expansion: Expansion;
  readonly #listener: ExpansionListener;
  readonly #span: Span;
  /** Finished fields, and the one being read; undefined while nothing belongs to it. */
  readonly #fields: string[] = [];
  #field: string | undefined;
  #why: DynamicReason | undefined;
  #prefix = '';
  #maySplit = false;
  #tame: Tame | undefined;
  /** Undefined once something else than an integer was not known. */
  #shape: string | undefined = '';
  /** What the last substitution prints. */
  #names: NameList | undefined;
  #listed: ListedName | undefined;
  /** A variable in it holds what a substitution of the text printed. */
  #isPrinted = false;
  /** A wildcard is in it, or in what a variable stands for. */
  #hasGlob = false;
  /** All of it so far may come to nothing. */
  #mayBeNothing = true;

  constructor(template: Template, state: ShellState, expansion: Expansion, listener: ExpansionListener, span: Span) {
    this.#template = template;
    this.#state = state;
    this.#expansion = expansion;
    this.#listener = listener;
    this.#span = span;
  }

  words(): readonly Word[] {
    const given = this.#given();
    if (given !== undefined) return given;
    for (const part of this.#template.parts) this.#part(part);
    const { raw } = this.#template;
    const span = this.#span;
    if (this.#listed !== undefined) return [dynamicWord({ ...this.#listed, span })];
    if (this.#why !== undefined) {
      const tame = this.#tame;
      if (this.#names?.isPlain === true && this.#template.parts.length === 1) {
        const { directories, isNarrow, isVisible, source } = this.#names;
        const below = { directories, isWhole: true, isNarrow, isPlain: true, isVisible, source } as const;
        return [dynamicWord({ why: this.#why, prefix: '', raw, span, tame: 'text', below })];
      }
      const isSeveral = (this.#maySplit && !isOneWord(tame)) || this.#fields.length > 0;
      const prefix = isSeveral ? '' : this.#prefix;
      const glob = this.#hasGlob ? this.#wholeGlob() : undefined;
      if (glob !== undefined) return [dynamicWord({ ...glob, span, tame })];
      const shape = this.#fields.length === 0 ? this.#shape : undefined;
      const printed = this.#isPrinted ? printedWord(this.#template, (name) => this.#value(name)) : undefined;
      return [dynamicWord({ why: this.#why, prefix, raw, span, tame, below: undefined, shape, printed })];
    }
    if (this.#field !== undefined) this.#fields.push(this.#field);
    else if (this.#expansion === 'single' && this.#fields.length === 0) this.#fields.push('');
    // `> "$@"` is an error in one shell and one joined word in another.
    if (this.#expansion === 'single' && this.#fields.length > 1) {
      return [dynamicWord({ why: 'parameter', prefix: '', raw, span })];
    }
    return this.#fields.map((value) => ({ kind: 'known', value, raw, span }));
  }

  #wholeGlob() {
    return globOf(this.#template, this.#expansion, (name) => this.#value(name), this.#listener);
  }

  /** `"$@"`, `"$1"` and `"$f"` alone, of words that are not known but whose place is. */
  #given(): readonly Word[] | undefined {
    const { parts, raw } = this.#template;
    const [part] = parts;
    if (part?.kind !== 'parameter' || parts.length > 1 || part.isLength) return undefined;
    if (!part.isQuoted) return this.#plain(part);
    if (part.operation !== undefined || part.index !== undefined) return undefined;
    const { positional } = this.#state;
    const span = this.#span;
    if (part.name === '@' && this.#expansion === 'fields') {
      if (positional === undefined || !positional.some(isPlaced)) return undefined;
      return positional.map((word) =>
        word.kind === 'known' ? { kind: 'known', value: word.value, raw, span } : dynamicWord({ ...word, raw, span }),
      );
    }
    const word = this.#parameterWord(part.name);
    if (word !== undefined && isPlaced(word)) {
      return [dynamicWord({ why: 'parameter', prefix: word.prefix, raw, span, tame: undefined, below: word.below })];
    }
    const value = this.#value(part.name);
    if (value?.kind !== 'prefix') return undefined;
    const { prefix, glob, below } = value;
    if (glob !== undefined) return [dynamicWord({ why: 'glob', prefix, raw: glob, span, isSingle: oneOf(value) })];
    return below === undefined
      ? undefined
      : [dynamicWord({ why: 'parameter', prefix, raw, span, tame: undefined, below })];
  }

  /** `$f` that stands for one of the names of `$(find …)`: what a quoted one would come to. */
  #plain({ name, operation, index }: Part & { kind: 'parameter' }): readonly Word[] | undefined {
    const value = this.#value(name);
    if (operation !== undefined || index !== undefined) return undefined;
    if (value?.kind === 'known') {
      const glob = this.#expansion === 'fields' && !this.#listener.hasWideGlobs ? heldGlob(value.value) : undefined;
      return glob && [dynamicWord({ ...glob, span: this.#span })];
    }
    if (value?.kind !== 'prefix') return undefined;
    const { prefix, glob, below } = value;
    // Nothing splits in an assignment, and a redirection opens no second file.
    if (saysSomething(glob) && (this.#expansion === 'single' || this.#listener.quotes(this.#template)))
      return [dynamicWord({ why: 'glob', prefix, raw: glob, span: this.#span, isSingle: oneOf(value) })];
    if (below?.isPlain !== true) return undefined;
    const { raw } = this.#template;
    return [dynamicWord({ why: 'parameter', prefix, raw, span: this.#span, tame: 'word', below })];
  }

  #parameterWord(name: string): Word | undefined {
    if (name === '0') return this.#state.zero;
    return /^[1-9]$/.test(name) ? this.#state.positional?.[Number(name) - 1] : undefined;
  }

  #text(value: string): void {
    this.#field = (this.#field ?? '') + value;
    if (this.#shape !== undefined) this.#shape += value;
    // `$(nproc)x` is no number, but one word still. HOSTILE: of `find "$x"-delete` without an x the option is left.
    const isOption = this.#mayBeNothing && /^[-+]/.test(value);
    if (this.#tame !== undefined) this.#tame = isOption ? undefined : followed(this.#tame, isPlainText(value));
    if (value !== '') this.#mayBeNothing = false;
    // HOSTILE: `x=$x$x` doubles; a value nobody would read is not worth following.
    if (this.#field.length > maxValueLength) this.#dynamic('parameter', true);
  }

  /** `isThere`: something is printed, whatever it is. */
  #dynamic(why: DynamicReason, maySplit: boolean, prefix = '', tame?: Tame, isThere = false): void {
    this.#tame = this.#joinTame(tame);
    if (isThere || prefix !== '') this.#mayBeNothing = false;
    const isInteger = tame === 'number' || tame === 'integer';
    this.#shape = isInteger && this.#shape !== undefined ? this.#shape + unknownInteger : undefined;
    if (this.#why === undefined) {
      this.#why = why;
      this.#prefix = (this.#field ?? '') + prefix;
    }
    if (maySplit && !isInteger && this.#expansion === 'fields') this.#maySplit = true;
  }

  /** A word of several parts is as tame as the wildest of them, and one behind a dash is not. */
  #joinTame(tame: Tame | undefined): Tame | undefined {
    const before = this.#field;
    const isWord = isOneWord(tame) && (before === undefined || isPlainText(before));
    if (this.#why !== undefined) {
      if (tame === undefined || this.#tame === undefined) return undefined;
      // HOSTILE: `$x$((0-9))` without an x.
      return tame === 'integer' && this.#mayBeNothing ? undefined : followed(this.#tame, isWord);
    }
    if (before?.startsWith('-') === true || this.#fields.length > 0) return undefined;
    if (before === undefined || before === '' || tame === undefined) return tame;
    return isWord ? 'word' : 'text';
  }

  #part(part: Part): void {
    switch (part.kind) {
      case 'text':
        // `{,a}` leaves a word of nothing, which vanishes.
        if (part.value !== '' || part.isQuoted) this.#text(part.value);
        return;
      case 'parameter':
        this.#parameter(part);
        return;
      case 'substitution':
        this.#listed = listedName(this.#template, this.#state, this.#expansion, this.#listener);
        this.#names = this.#listener.onPart(part);
        this.#substitution(part);
        return;
      case 'process':
        this.#listener.onPart(part);
        this.#dynamic('process', false, '/dev/fd/');
        return;
      case 'arithmetic':
        this.#arithmetic(part.expression);
        this.#dynamic('arithmetic', false, '', 'integer', true);
        return;
      case 'glob': {
        // File names that match are words of their own, each starting with the text before.
        const isBelow = this.#why !== undefined && this.#field?.endsWith('/') === true;
        if (this.#listener.hasWideGlobs) this.#dynamic('parameter', true);
        else this.#dynamic('glob', false, '', isBelow ? 'text' : undefined);
        this.#hasGlob = !this.#listener.hasWideGlobs;
        return;
      }
      case 'brace':
        this.#dynamic('brace', false);
        return;
      case 'tilde':
        this.#tilde(part.text);
        return;
      default:
        this.#dynamic('parameter', true);
    }
  }

  #substitution({ program, isQuoted }: Part & { kind: 'substitution' }): void {
    // Behind a glob a word is as tame as what it is written with.
    const isGlob = this.#template.parts.some(({ kind }) => kind === 'glob');
    const directory = isGlob ? undefined : printedDirectory(program, this.#state);
    if (directory !== undefined) this.#text(directory);
    else {
      const tame = tameNumbers(program, this.#state, (name) => this.#listener.isInherited(name));
      this.#dynamic('substitution', !isQuoted, '', tame, tame !== undefined && printsAlways(this.#template.raw));
    }
  }

  #tilde(text: string): void {
    const { home } = this.#state;
    if (/^~\/?$/.test(text) && home !== undefined) this.#text(home + text.slice(1));
    // HOSTILE: somebody's home is /dev (sys), so more may be known of a name in it than that it is no dash.
    else this.#dynamic('tilde', false, '', /^~\/?$/.test(text) ? 'text' : undefined);
  }

  #parameter(part: Part & { kind: 'parameter' }): void {
    const { name, isQuoted, operation } = part;
    this.#subscript(part);
    if (part.isLength || ((name === '?' || name === '#' || name === '$' || name === '!') && operation === undefined)) {
      this.#dynamic('parameter', false, '', 'number', name !== '!');
      return;
    }
    if (operation !== undefined) {
      this.#operation(part);
      return;
    }
    if (part.index !== undefined) {
      // HOSTILE: bash has maps of its own, of names (`BASH_CMDS`).
      const isNumbered = part.isKeys === true && !name.startsWith('BASH') && !this.#listener.mayHaveMaps();
      const tame = isNumbered ? 'numbers' : undefined;
      this.#dynamic('parameter', !isQuoted || part.index === '@', '', tame);
      return;
    }
    if (name === '@' || name === '*') {
      this.#arguments(name, isQuoted);
      return;
    }
    const value = this.#value(name);
    const word = this.#parameterWord(name);
    if (word !== undefined && isPlaced(word)) this.#dynamic('parameter', !isQuoted, word.prefix);
    else if (value === undefined) {
      const tame = !this.#listener.isInherited(name) ? undefined : oneWord.test(name) ? 'word' : 'text';
      this.#dynamic('parameter', !isQuoted, '', tame);
    } else if (value.kind === 'number') {
      this.#dynamic('parameter', false, '', value.isNatural === true ? 'number' : 'integer');
    } else if (value.kind === 'tame') {
      this.#isPrinted ||= value.printed !== undefined;
      this.#dynamic('parameter', !isQuoted, '', value.tame);
    } else if (value.kind === 'prefix') {
      this.#isPrinted ||= value.printed !== undefined;
      this.#hasGlob ||= value.glob !== undefined;
      const prefix = value.mayBeMissing === true ? '' : value.prefix;
      this.#dynamic('parameter', !isQuoted, prefix, value.printed === undefined ? undefined : 'word');
    } else {
      this.#known(value.value, isQuoted);
    }
  }

  #value(name: string): Value | undefined {
    return valueIn(this.#state, name);
  }

  #known(value: string, isQuoted: boolean): void {
    if (isQuoted || this.#expansion === 'single' || isInert(value)) {
      if (value !== '' || isQuoted) this.#text(value);
      return;
    }
    if (/[*?[\]\\]/.test(value)) {
      this.#dynamic('glob', true);
      return;
    }
    // Split as the default IFS does: blanks at the ends close a field, those between separate.
    if (/^\s/.test(value)) this.#close();
    const pieces = value.split(/[ \t\n]+/).filter((piece) => piece !== '');
    pieces.forEach((piece, i) => {
      if (i > 0) this.#close();
      this.#text(piece);
    });
    if (/\s$/.test(value)) this.#close();
  }

  /** HOSTILE: of `$x$y` with `y='a -delete'` the second word is as it is written, however tame x is. */
  #close(): void {
    if (this.#field !== undefined) this.#fields.push(this.#field);
    this.#field = undefined;
    this.#tame = undefined;
  }

  #arguments(name: '@' | '*', isQuoted: boolean): void {
    const words = this.#state.positional;
    const values = words?.map((word) => (word.kind === 'known' ? word.value : undefined));
    const isAlone = this.#template.parts.length === 1;
    if (values === undefined || name === '*' || !isQuoted || !isAlone || values.includes(undefined)) {
      const isInherited = words === undefined && this.#listener.isInherited(name);
      this.#dynamic('parameter', true, '', isInherited ? 'text' : undefined);
      return;
    }
    for (const value of values) {
      this.#text(value ?? '');
      this.#close();
    }
  }

  /** `${x:-y}` and its kin: never known, but what they name is read and what they set is forgotten. */
  #operation(part: Part & { kind: 'parameter' }): void {
    const { operation } = part;
    this.#subscript(part);
    const before = copyState(this.#state);
    for (const inner of [operation?.operand, operation?.replacement]) {
      for (const child of inner?.parts ?? []) {
        if (child.kind === 'substitution') this.#listener.onPart(child);
        else if (child.kind === 'arithmetic') this.#arithmetic(child.expression);
        else if (child.kind !== 'parameter') continue;
        else if (child.operation !== undefined) this.#operation(child);
        else this.#subscript(child);
      }
    }
    // HOSTILE: of `${HOME:-$((x=5))}` nothing is set.
    joinInto(this.#state, before);
    if (operation?.operator === '=' || operation?.operator === ':=') {
      this.#state.variables.delete(part.name);
      if (isGuardedVariable(part.name)) this.#listener.onUnsafe('ENVIRONMENT_UNKNOWN', guardedReason(part.name));
    }
    // A length below 0 is one if the text is shorter.
    if (operation?.operator === ':' && operation.operand?.raw.includes(':-') === true) this.#listener.onError();
    this.#dynamic('parameter', !part.isQuoted || part.index === '@' || part.name === '@');
  }

  /** What a variable holds there is evaluated, and may count from the end. */
  #subscript({ index = '' }: Part & { kind: 'parameter' }): void {
    const name = /[A-Za-z_]\w*/.exec(index)?.[0];
    if (name !== undefined)
      this.#arithmetic({ text: `${name} + 0`, names: [name], assigned: nothing, programs: nothing });
    else if (index.startsWith('-')) this.#listener.onError();
  }

  #arithmetic(expression: Arithmetic): void {
    checkArithmetic(expression, this.#state, this.#listener);
    if (mayBeError(expression)) this.#listener.onError();
  }
}
