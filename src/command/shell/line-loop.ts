/**
 * `… | while read -r f; do …; done`: what the variable holds, when the lines are names or numbers.
 *
 * INVARIANT: each round the variable holds one whole line. Whatever took a part of the loop's stdin would leave the next
 * line to begin in the middle of a name (`rc/.env` of `src/.env`), so the body is sent with nothing on its stdin. And the
 * words of read are none that cut a line, or undo a backslash.
 */
import type { NameList } from '../reading.ts';
import { commonPrefix } from '../tools/names.ts';
import { isGuardedVariable } from './environment.ts';
import { isCalled, isFilter, literalOf, selects } from './feeds-xargs.ts';
import { printsNames, readsInside } from './names-in-words.ts';
import { seemsToLeaveStdin } from './reads-stdin.ts';
import { isOfStdin } from './redirects.ts';
import type { ShellState, Value } from './shell-state.ts';
import type { CommandNode, Pipeline, Program, SimpleNode } from './syntax.ts';
import type { TameLines } from './tame-output.ts';

export type While = CommandNode & { readonly kind: 'while' };

interface LineReader {
  readonly name: string;
  /** Up to NUL, and with nothing taken off at its ends. */
  readonly isNul: boolean;
  /** A backslash stays. */
  readonly isRaw: boolean;
}

/** Names of a find, by way of filters, go to a loop in which content is read: find can be told to print whole lines. */
export function feedsLoop({ commands, operators }: Pipeline, at: number, state: ShellState): 'lines' | undefined {
  const find = commands[at];
  if (!isCalled('find', find, state) || !selects(find)) return undefined;
  const to = commands.findIndex(({ kind }, i) => i > at && kind === 'while');
  const loop = commands[to];
  if (loop?.kind !== 'while' || !operators.slice(at, to).every((operator) => operator === '|')) return undefined;
  if (!commands.slice(at + 1, to).every((each) => isFilter(each, state))) return undefined;
  return readerOf(loop, state)?.isNul === false && readsInside(loop.body) ? 'lines' : undefined;
}

/** `done < <(find …)`: the same of a find in there. */
export function asksForLines(node: While, program: Program, state: ShellState): boolean {
  const find = program.statements[0]?.list.first.commands[0];
  if (find?.kind !== 'simple' || !selects(find) || !printsNames(program, state)) return false;
  return readerOf(node, state)?.isNul === false && readsInside(node.body);
}

/** The program in `done < <(…)`, the only one that the loop reads. */
export function inputOf({ redirects }: While): Program | undefined {
  const inputs = redirects.filter(isOfStdin);
  const [part, ...more] = inputs.length === 1 && inputs[0]?.op === '<' ? inputs[0].target.parts : [];
  return part?.kind === 'process' && part.operator === '<' && more.length === 0 ? part.program : undefined;
}

export interface Line {
  readonly name: string;
  readonly value: Value;
}

/** What the variable of the loop holds in its body. */
export function lineOf(
  node: While,
  { names, lines }: { readonly names?: NameList | undefined; readonly lines?: TameLines | undefined },
  state: ShellState,
): Line | undefined {
  if (names === undefined && lines === undefined) return undefined;
  const reader = readerOf(node, state);
  const value = reader && (names === undefined ? ofTame(lines, reader) : ofNames(names, reader));
  return reader === undefined || value === undefined ? undefined : { name: reader.name, value };
}

function ofNames({ directories, isNul, isLines, isNulByInsertion, isBare, ...list }: NameList, reader: LineReader) {
  const isWhole = reader.isNul ? isNul && isNulByInsertion !== true : isLines === true;
  // Blanks in front are taken off, and one that may begin with anything says nothing.
  if (!isWhole || isBare === true || directories.some((directory) => !/^\S/.test(directory))) return undefined;
  const { isNarrow, isVisible, source } = list;
  const below = { directories, isWhole: true, isNarrow, isVisible, source } as const;
  return { kind: 'prefix', prefix: commonPrefix(directories), below } as const;
}

function ofTame(lines: TameLines | undefined, { isNul, isRaw }: LineReader): Value | undefined {
  if (lines === undefined || isNul) return undefined;
  const { tame, areIdentifiers, printed } = lines;
  // HOSTILE: of `\-x` a dash is left.
  if (tame === 'word' || tame === 'text')
    return isRaw || areIdentifiers ? { kind: 'tame', tame: 'text', printed } : undefined;
  return { kind: 'number', isNatural: tame === 'integer' ? undefined : true };
}

/** `while read -r f` and `while IFS= read -r -d '' f`, with nothing else that tests, and a body that needs no stdin. */
function readerOf({ condition, body, isUntil }: While, state: ShellState): LineReader | undefined {
  const [statement, ...more] = condition.statements;
  if (isUntil || more.length > 0 || statement === undefined || statement.isBackground) return undefined;
  const { first, rest } = statement.list;
  const [read] = first.commands;
  if (rest.length > 0 || first.commands.length > 1 || first.isNegated || read?.kind !== 'simple') return undefined;
  if (state.functions.has('read') || state.hasUnseenFunctions || read.redirects.length > 0) return undefined;
  const reader = wordsOf(read);
  return reader !== undefined && !isGuardedVariable(reader.name) && seemsToLeaveStdin(body) ? reader : undefined;
}

function wordsOf({ args, assignments }: SimpleNode): LineReader | undefined {
  const [setting, ...others] = assignments;
  const isBare = setting !== undefined && setting.name === 'IFS' && setting.value?.raw.replace(/''|""/, '') === '';
  if (others.length > 0 || (setting !== undefined && !isBare && setting.value !== undefined)) return undefined;
  if (setting !== undefined && (setting.name !== 'IFS' || setting.elements !== undefined)) return undefined;
  const words = args.map(({ word, assignment }) => (assignment === undefined ? literalOf(word) : undefined));
  if (words.includes(undefined)) return undefined;
  const line = words.map((word) => (word === '' ? "''" : word)).join(' ');
  const match = /^read (?:(-r) |(-rd ''|-r -d ''|-d '' -r) )?([A-Za-z]\w*)$/.exec(line);
  const [, raw, nul, name] = match ?? [];
  // HOSTILE: of a name that ends in a newline it is taken off, and another file has the name that is left.
  if (name === undefined || (nul !== undefined && setting === undefined)) return undefined;
  return { name, isNul: nul !== undefined, isRaw: raw !== undefined };
}
