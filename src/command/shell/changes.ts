/**
 * What a piece of program may change in its own shell, whatever path it takes: over-approximated from the tree.
 *
 * Used for loops, whose body is read once from a state in which everything it may change is forgotten.
 */

import { setByLet } from './arithmetic.ts';
import { countsOn } from './number-output.ts';
import type { DefinedFunctions } from './scene.ts';
import { type Changes, isInteger } from './shell-state.ts';
import type { Argument, AssignmentNode, CommandNode, Program, RedirectNode, Template } from './syntax.ts';

/** Builtins that set the variables named by their words. */
const setsNamed = new Set(['read', 'export', 'readonly', 'local', 'declare', 'typeset', 'unset', 'getopts', 'printf']);
const changesDirectory = new Set(['cd', 'pushd', 'popd']);
/** What may run shell text in this shell; also every call of a function, which the caller says. */
const runsAnything = new Set(['eval', 'source', '.', 'trap', 'command', 'builtin', 'mapfile', 'readarray', 'alias']);

/** A call of one of the text's functions changes what its body does, and may define those that stand inside a function. */
type KnownFunctions = Pick<DefinedFunctions, 'names' | 'nestedNames' | 'definitions'> | undefined;

export function noChanges(): Changes {
  return {
    names: new Set(),
    integers: new Set(),
    directory: false,
    functionNames: new Set(),
    anyFunction: false,
    positional: false,
    anything: false,
    isIrregular: false,
    calls: undefined,
  };
}

const change = (changes: Changes, name: string, isIntegerValue: boolean): void => {
  if (!changes.names.has(name)) {
    changes.names.add(name);
    if (isIntegerValue) changes.integers.add(name);
  } else if (!isIntegerValue) {
    changes.integers.delete(name);
  }
};

/** Adds what `program` may change. */
export function collectChanges(program: Program, changes: Changes, known: KnownFunctions): Changes {
  for (const { list } of program.statements) {
    for (const command of list.first.commands) collectCommand(command, changes, known);
    for (const { pipeline } of list.rest) {
      for (const command of pipeline.commands) collectCommand(command, changes, known);
    }
  }
  return changes;
}

function collectCommand(command: CommandNode, changes: Changes, known: KnownFunctions): void {
  const inner = (program: Program): void => {
    collectChanges(program, changes, known);
  };
  for (const redirect of command.redirects) collectRedirect(redirect, changes);
  switch (command.kind) {
    case 'simple': {
      for (const assignment of command.assignments) collectAssignment(assignment, changes, known);
      const name = command.args[0]?.word;
      for (const { word, assignment } of command.args) {
        collectTemplate(word, changes);
        if (assignment !== undefined) collectAssignment(assignment, changes, known);
      }
      if (name === undefined) return;
      const called = name.parts.every((part) => part.kind === 'text') ? textOf(name) : undefined;
      if (called === undefined || isIrregular(called, command.args[1]?.word)) changes.isIrregular = true;
      // It only says where a name leads to.
      if (called === 'command' && /^-[vV]$/.test(command.args[1]?.word.raw ?? '')) return;
      if (called === undefined || runsAnything.has(called)) {
        changes.anyFunction = true;
        changes.anything = true;
        return;
      }
      if (known?.names.has(called) === true) {
        collectCall(called, changes, known);
        for (const nested of known.nestedNames) changes.functionNames.add(nested);
      }
      if (called === 'unset') for (const { word } of command.args.slice(1)) changes.functionNames.add(textOf(word));
      if (called === 'let') collectLet(command.args.slice(1), changes);
      else if (setsNamed.has(called) && !(called === 'printf' && isPlainPrintf(command.args[1]?.word))) {
        change(changes, 'REPLY', false);
        change(changes, 'OPTARG', false);
        change(changes, 'OPTIND', false);
        for (const { word, assignment } of command.args.slice(1)) {
          const text = assignment?.name ?? textOf(word);
          if (word.parts.some((part) => part.kind !== 'text')) changes.anything = true;
          change(changes, text.split('=')[0] ?? text, false);
        }
      } else if (changesDirectory.has(called)) {
        changes.directory = true;
      } else if (called === 'set' || called === 'shift') {
        changes.positional = true;
      }
      return;
    }
    case 'function':
      // It may also be called, here or in what follows, and define others.
      changes.anything = true;
      for (const name of definedIn(command)) changes.functionNames.add(name);
      return;
    case 'group':
      inner(command.body);
      return;
    case 'subshell':
      return;
    case 'if':
      for (const branch of command.branches) {
        inner(branch.condition);
        inner(branch.body);
      }
      if (command.otherwise !== undefined) inner(command.otherwise);
      return;
    case 'while':
      inner(command.condition);
      inner(command.body);
      return;
    case 'for':
      change(changes, command.name, false);
      for (const word of command.words ?? []) collectTemplate(word, changes);
      inner(command.body);
      return;
    case 'counting-for':
      for (const expression of command.expressions) {
        for (const name of expression?.assigned ?? []) change(changes, name, true);
      }
      inner(command.body);
      return;
    case 'case':
      collectTemplate(command.word, changes);
      for (const item of command.items) {
        for (const pattern of item.patterns) collectTemplate(pattern, changes);
        inner(item.body);
      }
      return;
    case 'arithmetic':
      for (const name of command.expression.assigned) change(changes, name, true);
      return;
    case 'test':
      // `${x:=y}` inside [[ ]] is rare; anything but plain words is left to be forgotten whole.
      changes.anything ||= JSON.stringify(command.expression).includes('"operator":":=');
      changes.anything ||= JSON.stringify(command.expression).includes('"operator":"="');
      return;
    default:
      changes.anything = true;
  }
}

/** Every body that the name was seen to have; one that only another function would define is none of these. */
function collectCall(called: string, changes: Changes, known: NonNullable<KnownFunctions>): void {
  // HOSTILE: functions that call each other twice would be looked through without end.
  changes.calls ??= new Set();
  if (changes.calls.has(called)) return;
  changes.calls.add(called);
  const bodies = known.definitions.filter(({ node }) => node.name === called);
  if (bodies.length === 0 || known.nestedNames.has(called)) changes.anything = true;
  for (const { node } of bodies) {
    for (const redirect of node.redirects) collectRedirect(redirect, changes);
    collectCommand(node.body, changes, known);
  }
}

/** `command return` is one too, and so may be what `eval` runs. */
function isIrregular(called: string, next: Template | undefined): boolean {
  if (/^(?:local|declare|typeset|return|eval|source|\.)$/.test(called)) return true;
  if (!/^(?:command|builtin)$/.test(called) || next === undefined) return false;
  const isKnown = next.parts.every(({ kind }) => kind === 'text');
  return !isKnown || /^(?:local|declare|typeset|return|eval|source|\.|command|builtin)$/.test(textOf(next));
}

/** The function's own name and those that its body defines, however deep. */
export function definedIn(node: CommandNode): ReadonlySet<string> {
  const names = new Set<string>();
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('kind' in value && value.kind === 'function' && 'name' in value) names.add(String(value.name));
    for (const child of Object.values(value)) look(child);
  };
  look(node);
  return names;
}

const textOf = (word: Template): string => word.parts.map((part) => (part.kind === 'text' ? part.value : '')).join('');

const printing = /%(?:%|[-+ #0]*\d*(?:\.\d+)?[diouxXeEfFgGaAcsbqQ]|\([^)]*\)T)/g;

/** `printf '%s\n' "$x"` sets nothing: its first word is no `-v`, and nothing in it counts (`%n`). */
function isPlainPrintf(format: Template | undefined): boolean {
  if (format === undefined || !format.parts.every(({ kind }) => kind === 'text')) return false;
  const text = textOf(format);
  return !text.startsWith('-') && !text.replace(printing, '').includes('%');
}

/** Names that `let` sets are numbers, where all of it can be read. */
function collectLet(args: readonly Argument[], changes: Changes): void {
  const names = setByLet(args.map(({ word }) => word.raw));
  if (names === undefined) changes.anything = true;
  else for (const name of names) change(changes, name, true);
}

/** `x=5`, `x=$((…))`, and `x=$(expr $x + 1)` of an x that was a number before, where no function may be called expr. */
export function setsInteger({ name, value, isAppend }: AssignmentNode, hasFunctions: () => boolean): boolean {
  const only = value?.parts.length === 1 ? value.parts[0] : undefined;
  if (isAppend || only === undefined) return false;
  if (only.kind === 'substitution') return countsOn(only.program, name) && !hasFunctions();
  return only.kind === 'arithmetic' || (only.kind === 'text' && isInteger(only.value));
}

function collectAssignment(assignment: AssignmentNode, changes: Changes, known: KnownFunctions): void {
  const { value } = assignment;
  change(
    changes,
    assignment.name,
    setsInteger(assignment, () => known !== undefined),
  );
  if (value !== undefined) collectTemplate(value, changes);
  for (const element of assignment.elements ?? []) collectTemplate(element, changes);
}

function collectRedirect(redirect: RedirectNode, changes: Changes): void {
  collectTemplate(redirect.target, changes);
}

function collectTemplate(word: Template, changes: Changes): void {
  for (const part of word.parts) {
    if (part.kind === 'parameter' && part.operation !== undefined) {
      if (part.operation.operator.endsWith('=')) change(changes, part.name, false);
      for (const inner of [part.operation.operand, part.operation.replacement])
        if (inner !== undefined) collectTemplate(inner, changes);
    } else if (part.kind === 'arithmetic') {
      for (const name of part.expression.assigned) change(changes, name, true);
    }
  }
}
