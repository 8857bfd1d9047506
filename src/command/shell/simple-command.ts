/**
 * One simple command: its words are expanded, its redirections and assignments judged, and then it is a function, a
 * builtin of the shell, or a tool that a description knows.
 *
 * Refuses: names that are not known, functions that may or may not be defined, environment variables that are not
 * known to be harmless. A tool reader that throws is a command that is not understood.
 */
import { type DynamicWord, dynamicWord } from '../dynamic-word.ts';
import type { Assignment, Span, Unknown, Word } from '../model.ts';
import type { NestedProgram, ToolReading } from '../reading.ts';
import { printedName } from '../tools/path.ts';
import { emptyReading, environmentUnknown } from './builtin.ts';
import { findBuiltin, whatIsSourced } from './builtins.ts';
import { collectChanges, noChanges } from './changes.ts';
import { isGuardedEnvironment, isGuardedVariable } from './environment.ts';
import { guardEvaluation } from './evaluation.ts';
import { insertWords } from './insert-words.ts';
import { inFunction } from './line-error.ts';
import { readsContent } from './names-in-words.ts';
import { knownOutput, readStdin, withStdin } from './nested.ts';
import { type CallParts, type Entry, isSpent, push, report } from './record.ts';
import { mayFail, noRedirects, orUnchanged, type RedirectReading, readRedirects, redirectPlace } from './redirects.ts';
import { type Call, type Host, type Outcome, type Scene, sceneWithin } from './scene.ts';
import { copyState, forget, isNumber, type ShellState, type Value } from './shell-state.ts';
import { append, nothing } from './short-list.ts';
import type { AssignmentNode, FunctionNode, SimpleNode, Template } from './syntax.ts';
import { noteWideSearch, readTool } from './tool-reading.ts';
import { expandIn, expandTarget } from './words.ts';

/** Each one is compared with every identity file. */
const maxRedirects = 32;
/** As is each of these, and with every pattern of a policy. */
const maxGlobs = 256;

const mayRunPrograms = /^(?:exec|command|builtin|eval|source|\.|jobs|coproc)$/;

/** Prefix assignments before these stay in some shells. */
const specialBuiltins = new Set(
  ': . break continue eval exec exit export readonly return set shift times trap unset'.split(' '),
);

const isGlob = (word: Word): boolean => word.kind === 'dynamic' && word.why === 'glob';

export function runSimple(host: Host, node: SimpleNode, scene: Scene, state: ShellState): Outcome {
  const { run } = host;
  // HOSTILE: a text of 16 KiB has eight thousand commands, and nothing is listed behind the last that we follow.
  const unchanged: Outcome = { success: state, failure: state };
  if (run.isExhausted) return unchanged;
  const span = scene.span ?? node.span;
  let some: Word[] | undefined;
  for (const { word, assignment } of node.args) {
    const declared = assignment && declaredWord(host, assignment, word, scene, state);
    if (declared !== undefined) some = append(some, declared);
    else {
      const isAsked = word.parts[0]?.kind === 'substitution' && readsContent(node);
      for (const one of expandIn(host, word, scene, state, 'fields', isAsked)) some = append(some, one);
    }
  }
  const words: readonly Word[] = some ?? nothing;
  if (node.redirects.length > maxRedirects) {
    report(host, 'TEXT_TOO_COMPLEX', `A command has more than ${maxRedirects} redirections.`, span);
    return unchanged;
  }
  if (words.length > maxGlobs && words.filter(isGlob).length > maxGlobs) {
    report(host, 'TEXT_TOO_COMPLEX', `A command has more than ${maxGlobs} words with patterns.`, span);
    return unchanged;
  }
  const redirects = node.redirects.length === 0 ? noRedirects : redirectsOf(host, node, scene, state);
  const unknowns: Unknown[] = [];
  const isAlone = words.length === 0;
  const before = mayFail(node.redirects) ? copyState(state) : undefined;
  const assignments = mapped(node.assignments, (assignment) =>
    readAssignment(host, assignment, scene, state, isAlone, unknowns),
  );
  if (isAlone) {
    if ((redirects !== noRedirects || unknowns.length > 0) && !isSpent(host, span)) {
      push(
        host,
        { words, span, scene, redirects, assignments, unknowns, stdin: scene.stdin, isEmpty: true },
        emptyReading(''),
      );
    }
    return orUnchanged(unchanged, before);
  }
  const assignedNames = mapped(node.assignments, ({ name }) => name);
  const stdin = redirects.stdin ?? (hasPrograms(node) ? { source: scene.stdin.source, text: undefined } : scene.stdin);
  const feeds = redirects.keepsOutput && state.directories.length === 1 ? scene.feeds : undefined;
  const inner = scene.feeds === undefined ? scene : sceneWithin(scene, { stdin: scene.stdin });
  const call: Call = { words, scene: inner, state, span, stdin, assignedNames, feeds };
  const outcome = runCall(host, call, { redirects, assignments, unknowns, useFunctions: true });
  const [name] = words;
  if (name?.kind === 'known' && (specialBuiltins.has(name.value) || run.functions?.names.has(name.value) === true)) {
    for (const assigned of assignedNames) {
      outcome.success.variables.delete(assigned);
      outcome.failure.variables.delete(assigned);
    }
  }
  const isShadowed = name?.kind === 'known' && state.functions.has(name.value);
  const isTold = redirects.keepsOutput && !isShadowed;
  const output = isTold ? knownOutput(words, stdin) : undefined;
  const { success, failure } = orUnchanged(outcome, before);
  const names = isTold ? outcome.names : undefined;
  return { success, failure, output: output ?? outcome.output, names };
}

/** Most commands have none of what is mapped here. */
const mapped = <T, U>(items: readonly T[], map: (item: T) => U): readonly U[] =>
  items.length === 0 ? nothing : items.map(map);

/** What a redirection sees of assignments on the same command differs between shells. */
function redirectsOf(host: Host, node: SimpleNode, scene: Scene, state: ShellState): RedirectReading {
  const seen = node.assignments.length > 0 ? copyState(state) : state;
  for (const { name } of node.assignments) seen.variables.delete(name);
  return readRedirects(
    node.redirects,
    (redirect) => expandTarget(host, redirect, scene, seen),
    redirectPlace(host.run.descriptors, state),
  );
}

/** A substitution among the words may read from the pipe before the command does. */
const hasPrograms = (node: SimpleNode): boolean =>
  node.args.some(({ word }) => hasProgram(word)) ||
  node.redirects.some(({ target }) => hasProgram(target)) ||
  node.args.some(({ assignment }) => assignment !== undefined) ||
  node.assignments.some(({ value }) => value !== undefined && hasProgram(value));
const hasProgram = (word: Template): boolean =>
  word.parts.some(
    (part) =>
      part.kind === 'substitution' ||
      part.kind === 'process' ||
      (part.kind === 'arithmetic' && part.expression.programs.length > 0) ||
      (part.kind === 'parameter' && part.operation !== undefined),
  );

const singleWord = (words: readonly Word[], template: Template, span: Span): Word =>
  words.length === 1 && words[0] !== undefined
    ? words[0]
    : dynamicWord({ why: 'parameter', prefix: '', raw: template.raw, span });

/** `"$@"`, wherever it stands in the word. */
const hasList = ({ parts }: Template): boolean =>
  parts.some(
    (part) =>
      part.kind === 'parameter' &&
      (part.name === '@' || (part.operation?.operand !== undefined && hasList(part.operation.operand))),
  );

/** `export A=b`: one word `A=value`, never split. */
function declaredWord(host: Host, node: AssignmentNode, whole: Template, scene: Scene, state: ShellState): Word {
  const span = scene.span ?? whole.span;
  const head = `${node.name}=`;
  if (node.value === undefined || node.isAppend) {
    for (const element of node.elements ?? []) expandIn(host, element, scene, state, 'fields');
    return dynamicWord({ why: 'parameter', prefix: head, raw: whole.raw, span });
  }
  // HOSTILE: to dash before 0.5.11 `local x="$@"` has as many words as there are parameters, and `PATH=/tmp` may be one.
  if (scene.dialect !== 'bash' && hasList(node.value))
    report(host, 'SHELL_ASSIGNMENT', `Not understood: to some shells ${whole.raw} is several words; use $*.`, span);
  const value = singleWord(expandIn(host, node.value, scene, state, 'single'), node.value, span);
  if (value.kind === 'dynamic' && value.isSingle === true)
    return dynamicWord({ ...value, prefix: head + value.prefix, raw: head + value.raw });
  return value.kind === 'known'
    ? { kind: 'known', value: head + value.value, raw: whole.raw, span }
    : dynamicWord({ why: value.why, prefix: head + value.prefix, raw: whole.raw, span });
}

function readAssignment(
  host: Host,
  node: AssignmentNode,
  scene: Scene,
  state: ShellState,
  isAlone: boolean,
  unknowns: Unknown[],
): Assignment {
  const { name } = node;
  const span = scene.span ?? node.span;
  for (const element of node.elements ?? []) expandIn(host, element, scene, state, 'fields');
  const value =
    node.value === undefined
      ? undefined
      : singleWord(expandIn(host, node.value, scene, state, 'single'), node.value, span);
  const text = value?.kind === 'known' && !node.isAppend ? value.value : undefined;
  if (isAlone ? isGuardedVariable(name, text) : isGuardedEnvironment(name, text) && !isPrivateToRead(name, text)) {
    unknowns.push(environmentUnknown(name, { span }));
  }
  if (isAlone) {
    const before = state.variables.get(name);
    // HOSTILE: `n='a[$(cmd)]+'; n+=$((1))` makes no number of n.
    const isInteger = isNumeric(node.value) && (!node.isAppend || (before !== undefined && isNumber(before)));
    if (text !== undefined) state.variables.set(name, { kind: 'known', value: text });
    else if (node.isAppend && value?.kind === 'known' && before?.kind === 'known') {
      state.variables.set(name, { kind: 'known', value: before.value + value.value });
    } else if (isInteger) state.variables.set(name, { kind: 'number' });
    else if (value?.kind === 'dynamic' && value.isSingle !== undefined && !node.isAppend) {
      const mayBeMissing = value.isSingle === 'or-nothing' ? true : undefined;
      state.variables.set(name, { kind: 'prefix', prefix: value.prefix, glob: value.raw, mayBeMissing });
    } else if (value?.kind === 'dynamic' && value.tame !== undefined && !node.isAppend && value.prefix === '')
      state.variables.set(name, tameValue(value));
    else if (value?.kind === 'dynamic' && !node.isAppend && value.prefix !== '' && value.why !== 'process') {
      const printed = value.tame === 'word' ? printedName(value) : undefined;
      state.variables.set(name, { kind: 'prefix', prefix: value.prefix, printed });
    } else state.variables.delete(name);
    if (name === 'HOME') state.home = undefined;
  }
  return { name, value, isExported: !isAlone };
}

function tameValue(word: DynamicWord): Value {
  const { tame = 'text' } = word;
  if (tame === 'integer') return { kind: 'number' };
  if (tame === 'number') return { kind: 'number', isNatural: true };
  return { kind: 'tame', tame, printed: tame === 'word' ? printedName(word) : undefined };
}

/** `$((…))`, `$!`, `$?`, `$$` and `$#` are numbers. */
function isNumeric(value: Template | undefined): boolean {
  const only = value?.parts.length === 1 ? value.parts[0] : undefined;
  if (only?.kind === 'arithmetic') return true;
  return only?.kind === 'parameter' && /^[!?$#]$/.test(only.name) && only.operation === undefined;
}

/** `IFS= read …` is how lines are read; IFS before anything else changes how the shell splits. */
const isPrivateToRead = (name: string, value: string | undefined): boolean => name === 'IFS' && value !== undefined;

export function runCall(host: Host, call: Call, parts: CallParts): Outcome {
  const { run } = host;
  const { words, scene, state, span } = call;
  run.steps += words.length;
  const stays: Outcome = { success: state, failure: state };
  if (isSpent(host, span)) return stays;
  const [first] = words;
  const name = first?.kind === 'known' ? first.value : undefined;
  const { redirects, assignments, unknowns } = parts;
  const isReadOnlyIfs = assignments.length === 0 || assignments.every((a) => a.name !== 'IFS') || name === 'read';
  if (!isReadOnlyIfs) unknowns.push(environmentUnknown('IFS', call));
  const entry: Entry = { words, span, scene, redirects, assignments, unknowns, stdin: call.stdin, isEmpty: false };
  if (name === undefined) {
    unknowns.push({
      code: 'COMMAND_NAME_DYNAMIC',
      reason: `Which command runs is only known at run time (${first?.raw ?? ''}).`,
      span,
    });
    forgetEverything(state);
    push(host, entry, emptyReading(undefined, { stdin: 'unknown' }));
    return stays;
  }
  const mayHide = state.hasUnseenFunctions ? 'uncertain' : undefined;
  const shadow = parts.useFunctions ? (state.functions.get(name) ?? mayHide) : undefined;
  if (shadow === 'uncertain') {
    unknowns.push({
      code: 'FUNCTION_UNCERTAIN',
      reason: `${name} may be a function that was defined before, or a command; which one is only known at run time.`,
      span,
    });
    forgetEverything(state);
    push(host, entry, emptyReading(undefined, { stdin: 'unknown' }));
    return stays;
  }
  if (shadow !== undefined) return runFunction(host, shadow, call, entry);
  const sourced = whatIsSourced(name, words);
  const builtin = sourced === undefined ? findBuiltin(name) : undefined;
  if (builtin !== undefined) {
    const index = run.commands.length;
    // HOSTILE: `x=b eval …` runs its text with that x.
    if (mayRunPrograms.test(name)) for (const assigned of call.assignedNames) state.variables.delete(assigned);
    const { reading, outcome, exported } = builtin(call, host);
    const isExec = name === 'exec' || words.some((word) => word.kind === 'known' && word.value === 'exec');
    if (isExec && parts.redirects.stdin !== undefined) {
      unknowns.push({ code: 'SHELL_EXEC_REDIRECT', reason: 'exec changes stdin for the rest of the text.', span });
    }
    // What stands before a builtin reaches no program, unless the builtin runs one.
    const isPrivate = !mayRunPrograms.test(name);
    const own = isPrivate ? entry.assignments.map((one) => ({ ...one, isExported: false })) : entry.assignments;
    const assigned = { ...entry, assignments: exported === undefined ? own : [...own, ...exported] };
    push(host, assigned, reading, index);
    for (const nested of reading.nested) unknowns.push(...host.nested(nested, call));
    return outcome;
  }
  for (const unknown of guardEvaluation(words, state, call)) unknowns.push(unknown);
  const { names } = runTool(host, call, entry);
  if (sourced === 'environment') state.variables.clear();
  else if (sourced === 'anything') forgetEverything(state);
  return names !== undefined && state.directories.length === 1 ? { success: state, failure: state, names } : stays;
}

export function forgetEverything(state: ShellState): void {
  forget(state, { ...noChanges(), anything: true, anyFunction: true });
}

/** Known, or the one name that a loop's variable holds. */
const isOneName = (word: Word): boolean => word.kind === 'known' || word.isSingle === true;

function runFunction(host: Host, node: FunctionNode, call: Call, entry: Entry): Outcome {
  const { scene, state, span } = call;
  const { run } = host;
  const [, ...positional] = call.words;
  run.functions?.called.add(node.name);
  if (scene.calls.includes(node.name) || scene.depth >= run.limits.maxDepth) {
    report(host, 'FUNCTION_RECURSION', `The function ${node.name} calls itself.`, span);
    forgetEverything(state);
    return { success: state, failure: state };
  }
  push(host, entry, emptyReading('function'));
  const outer = state.positional;
  state.positional = positional.every(isOneName) ? positional : undefined;
  const changes = noChanges();
  collectChanges(
    {
      statements: [
        {
          list: { first: { isTimed: false, isNegated: false, commands: [node.body], operators: [] }, rest: [] },
          isBackground: false,
        },
      ],
    },
    changes,
    run.functions,
  );
  for (const name of call.assignedNames) state.variables.delete(name);
  const inner: Scene = {
    ...scene,
    via: [...scene.via, `function ${node.name}`],
    depth: scene.depth + 1,
    stdin: { source: call.stdin.source, text: undefined },
    calls: [...scene.calls, node.name],
    // Its body was written elsewhere in the text, so its own places are right, unless the whole text is nested.
    span: scene.span,
  };
  const leave = (end: ShellState): void => {
    end.positional = outer;
    // HOSTILE: what the last command saw may be a `local x=5`, or stand behind a `return`; x is what it was outside.
    if (changes.isIrregular) forget(end, { ...changes, integers: new Set() });
  };
  return inFunction(run, scene.dialect === 'bash', () => host.command(node.body, inner, state), leave);
}

/** Notes a tool with what it is given on stdin, and what it runs in turn. */
function runTool(host: Host, call: Call, entry: Entry): ToolReading {
  const reading = readTool(host, call);
  const index = host.run.commands.length;
  host.run.mayRepeat ||= reading.repeats === true;
  const { unknowns } = entry;
  const fromStdin = readStdin(host, reading, call);
  push(host, entry, withStdin(reading, fromStdin), index);
  for (const unknown of fromStdin.unknowns) unknowns.push(unknown);
  for (const unknown of insertWords(host, reading, call)) unknowns.push(unknown);
  for (const word of reading.wideSearches ?? nothing) noteWideSearch(host, word);
  // HOSTILE: of `find -exec sh -c 'read x' \\; -exec sh \\;` the second finds what the first has left on stdin.
  const isShared = reading.nested.length > 1 || reading.repeats === true;
  const inner = isShared ? { ...call, stdin: { source: call.stdin.source, text: undefined } } : call;
  for (const nested of reading.nested) for (const unknown of host.nested(nested, inner)) unknowns.push(unknown);
  return reading;
}

/** A nested argv: runs as a program of its own, never as a function or builtin of this shell. */
export function runExternal(
  host: Host,
  { words, environment }: NestedProgram & { kind: 'argv' },
  outer: Call,
  scene: Scene,
  state: ShellState,
): void {
  const assignments = mapped(environment, ({ name, value }) => ({ name, value, isExported: true }));
  const call: Call = { words, scene, state, span: outer.span, stdin: scene.stdin, assignedNames: nothing };
  const [first] = words;
  const unknowns: Unknown[] = [];
  const entry: Entry = {
    words,
    span: outer.span,
    scene,
    redirects: noRedirects,
    assignments,
    unknowns,
    stdin: scene.stdin,
    isEmpty: false,
  };
  if (isSpent(host, outer.span)) return;
  if (first === undefined) return;
  if (first.kind === 'dynamic') {
    unknowns.push({
      code: 'COMMAND_NAME_DYNAMIC',
      reason: `Which command ${scene.via.at(-1) ?? ''} runs is only known at run time (${first.raw}).`,
      span: outer.span,
    });
    push(host, entry, emptyReading(undefined, { stdin: 'unknown' }));
    return;
  }
  runTool(host, call, entry);
}
