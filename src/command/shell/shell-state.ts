/**
 * What is known of the shell at one point of the text: variables, working directory, functions, arguments.
 *
 * Sound by omission: a variable that is not here holds anything. States are copied at every subshell and branch and
 * joined after it; what two branches do not agree on is not known.
 */
import type { Below, Word } from '../model.ts';
import { Bindings } from './bindings.ts';
import type { FunctionNode } from './syntax.ts';

export type Value =
  | { readonly kind: 'known'; readonly value: string }
  /** Some integer, or nothing: safe to evaluate in arithmetic, and never splits; a natural one has no dash. */
  | { readonly kind: 'number'; readonly isNatural?: true | undefined }
  /** What a command printed, of which this much is known. */
  | {
      readonly kind: 'tame';
      readonly tame: 'numbers' | 'word' | 'text';
      /** The substitution, where it is a part of a name: `$(date +%F)`. */
      readonly printed?: string | undefined;
    }
  /** Starts with `prefix`, one word in quotes; a name that `glob` matches, or a path that is or lies `below`. */
  | {
      readonly kind: 'prefix';
      readonly prefix: string;
      readonly glob?: string;
      readonly below?: Below;
      /** The whole, one word, where only substitutions that are parts of names are not known: `/x/$(date +%F).log`. */
      readonly printed?: string | undefined;
      /** Or nothing at all. */
      readonly mayBeMissing?: true | undefined;
    };

export interface ShellState {
  readonly variables: Bindings<Value>;
  /** Every directory the shell may be in; undefined among them: one we do not know. */
  directories: readonly (string | undefined)[];
  readonly functions: Bindings<FunctionNode | 'uncertain'>;
  /** A name that is not in `functions` may still be one. */
  hasUnseenFunctions: boolean;
  /**
   * `$1` …; undefined when not known. One that is not known itself is one word, except the last, which may be several
   * (`find -exec sh -c … _ {} +`).
   */
  positional: readonly Word[] | undefined;
  /** `$0`, where a wrapper says what it is. */
  zero?: Word | undefined;
  home: string | undefined;
}

/** More candidates than this are as good as none. */
const maxDirectories = 4;

export function copyState(state: ShellState): ShellState {
  return {
    variables: state.variables.copy(),
    directories: state.directories,
    functions: state.functions.copy(),
    hasUnseenFunctions: state.hasUnseenFunctions,
    positional: state.positional,
    zero: state.zero,
    home: state.home,
  };
}

/** A shell that has just started there: nothing is set, nothing is defined. */
export function freshState(directories: readonly (string | undefined)[], home: string | undefined): ShellState {
  return {
    variables: new Bindings(),
    directories,
    functions: new Bindings(),
    hasUnseenFunctions: false,
    positional: undefined,
    home,
  };
}

function sameValue(a: Value, b: Value): boolean {
  switch (a.kind) {
    case 'known':
      return b.kind === 'known' && a.value === b.value;
    case 'number':
      return b.kind === 'number' && a.isNatural === b.isNatural;
    case 'tame':
      return b.kind === 'tame' && a.tame === b.tame && a.printed === b.printed;
    default:
      return (
        b.kind === 'prefix' &&
        a.prefix === b.prefix &&
        a.glob === b.glob &&
        a.below === b.below &&
        a.printed === b.printed &&
        a.mayBeMissing === b.mayBeMissing
      );
  }
}

export const isInteger = (text: string): boolean => /^-?(?:0|[1-9][0-9]{0,17})$/.test(text);

export const isNumber = (value: Value): boolean =>
  value.kind === 'number' || (value.kind === 'known' && isInteger(value.value));
const isNatural = (value: Value): boolean =>
  value.kind === 'number' ? value.isNatural === true : value.kind === 'known' && !value.value.startsWith('-');

/** What holds after either of two ways was taken. */
export function joinStates(a: ShellState, b: ShellState): ShellState {
  return {
    variables: joinVariables(a.variables, b.variables),
    directories: joinDirectories(a.directories, b.directories),
    functions: joinFunctions(a.functions, b.functions),
    hasUnseenFunctions: a.hasUnseenFunctions || b.hasUnseenFunctions,
    positional: a.positional === b.positional ? a.positional : undefined,
    zero: a.zero === b.zero ? a.zero : undefined,
    home: a.home === b.home ? a.home : undefined,
  };
}

/** What was tried in a copy may have been done here, or not at all. */
export function joinInto(state: ShellState, tried: ShellState): void {
  const { variables } = state;
  const joined = joinVariables(variables, tried.variables);
  for (const name of variables.names()) {
    const value = joined.get(name);
    if (value === undefined) variables.delete(name);
    else if (value !== variables.get(name)) variables.set(name, value);
  }
  if (tried.home !== state.home) state.home = undefined;
}

function joinVariables(a: Bindings<Value>, b: Bindings<Value>): Bindings<Value> {
  if (a.isSameAs(b)) return a.copy();
  const joined = new Bindings<Value>();
  for (const [name, value] of a.entries()) {
    const other = b.get(name);
    if (other === undefined) continue;
    if (sameValue(value, other)) joined.set(name, value);
    else if (isNumber(value) && isNumber(other)) {
      const isBoth = isNatural(value) && isNatural(other);
      joined.set(name, { kind: 'number', isNatural: isBoth ? true : undefined });
    }
  }
  return joined;
}

function joinFunctions(a: ShellState['functions'], b: ShellState['functions']): ShellState['functions'] {
  if (a.isSameAs(b)) return a.copy();
  const joined: ShellState['functions'] = new Bindings();
  for (const name of [...a.names(), ...b.names()]) {
    const node = a.get(name);
    joined.set(name, node !== undefined && node === b.get(name) ? node : 'uncertain');
  }
  return joined;
}

export function joinDirectories(
  a: readonly (string | undefined)[],
  b: readonly (string | undefined)[],
): readonly (string | undefined)[] {
  if (a === b) return a;
  const all = [...new Set([...a, ...b])];
  return all.length > maxDirectories ? [undefined] : all;
}

/** What a piece of program may change, found without running it. */
export interface Changes {
  readonly names: Set<string>;
  /** Names that are only ever set to integers. */
  readonly integers: Set<string>;
  directory: boolean;
  /** Functions that may be defined or removed. */
  readonly functionNames: Set<string>;
  /** Any name may become a function: text that is read while it runs. */
  anyFunction: boolean;
  positional: boolean;
  /** `eval` and the like: anything may have changed. */
  anything: boolean;
  /** `local` or `return`: what a call leaves behind is not what its last command saw. */
  isIrregular: boolean;
  /** Functions whose bodies were looked at. */
  calls: Set<string> | undefined;
}

/** Forgets everything that the piece may have changed. */
export function forget(state: ShellState, changes: Changes): void {
  if (changes.anything) {
    state.variables.clear();
    state.home = undefined;
  }
  for (const name of changes.names) {
    const value = state.variables.get(name);
    if (changes.integers.has(name) && value !== undefined && isNumber(value)) {
      state.variables.set(name, { kind: 'number' });
    } else {
      state.variables.delete(name);
    }
    if (name === 'HOME') state.home = undefined;
  }
  if (changes.directory || changes.anything) state.directories = [undefined];
  for (const name of changes.functionNames) state.functions.set(name, 'uncertain');
  if (changes.anyFunction) {
    for (const name of state.functions.names()) state.functions.set(name, 'uncertain');
    state.hasUnseenFunctions = true;
  }
  if (changes.positional || changes.anything) state.positional = undefined;
}
