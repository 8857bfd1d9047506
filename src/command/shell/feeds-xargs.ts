/**
 * Whether what a command of a pipeline prints goes to an xargs that can be told to take NUL between names: then find can
 * be told to print them so (`find src | xargs cat` is sent as `find src -print0 | xargs -0 cat`; `grep -rl` gets --null, and
 * `git ls-files` -z), and nobody's file name becomes two arguments. Filters that pass names on as they are may stand between
 * find and xargs; they are told as well.
 *
 * INVARIANT: where this is true, xargs is read with the names that are printed, so either all get their word or none.
 */
import type { Dialect } from '../model.ts';
import type { ShellState } from './shell-state.ts';
import type { CommandNode, Pipeline, SimpleNode, Template } from './syntax.ts';

/** Options that mean the same with -0; those that cut the input otherwise (-d, -E, -L, -a) are none of them … */
const plainOption = /^-(?:[rtx]+|[rtx]*(?:[nP]\d+|I.+|i.*)|-no-run-if-empty|-verbose)$/;
const valueOption = /^-[rtx]*[nPI]$/;
/** … but for lines, which are names to find: `-d '\\n'` and `-L 100`. */
const lineOption = /^-[rtx]*L\d+$/;
const newline = /^(?:\\n|\n)$/;

/** Filters with their options that keep names whole and print nothing else; only GNU's all know -z. */
const filterOptions: ReadonlyMap<string, RegExp> = new Map([
  ['grep', /^-[viEFwxa]+$/],
  ['egrep', /^-[viwxa]+$/],
  ['fgrep', /^-[viwxa]+$/],
  ['sort', /^-[rnufVh]+$/],
  ['uniq', /^-[ud]$/],
  ['head', /^-(?:n?\d+)$/],
  ['tail', /^-(?:n?\d+)$/],
]);

/** What find selects by; with none of these it hands on whatever is there. */
const tests = /^-(?:i?name|i?path|i?regex|type|mtime|mmin|newer|size|user|perm)$/;

/** It asks for more than any name. */
export function selects({ args }: SimpleNode): boolean {
  const words = args.map(({ word }) => literalOf(word) ?? '');
  return words.some((word, i) => tests.test(word) && !/^\*+$/.test(words[i + 1] ?? ''));
}

export function feedsXargs(pipeline: Pipeline, at: number, state: ShellState, dialect: Dialect): 'xargs' | undefined {
  const { commands, operators } = pipeline;
  const isBetween = (i: number): boolean => dialect === 'bash' && isFilter(commands[i], state);
  let from = at;
  while (from > 0 && isBetween(from)) from -= 1;
  let to = at + 1;
  while (to < commands.length && isBetween(to)) to += 1;
  const [find, xargs] = [commands[from], commands[to]];
  if (!isCalled('xargs', xargs, state) || find?.kind !== 'simple') return undefined;
  const isSearch =
    to - from === 1 && (isCalled('grep', find, state) || isCalled('rg', find, state) || lists(find, state));
  const style = isSearch || isCalled('find', find, state) ? styleOfXargs(xargs) : undefined;
  if (style === undefined) return undefined;
  if (!operators.slice(from, to).every((operator) => operator === '|')) return undefined;
  const words = find.args.map(({ word }) => literalOf(word) ?? '');
  if (isSearch) return style === 'plain' ? 'xargs' : undefined;
  const isSimplest = style === 'plain' && to - from === 1 && !words.includes('-print');
  return isSimplest || words.some((word) => tests.test(word)) ? 'xargs' : undefined;
}

const lists = (git: SimpleNode, state: ShellState): boolean =>
  literalOf(git.args[1]?.word) === 'ls-files' && isCalled('git', git, state);

/** Undefined for an xargs that cannot be told to take NUL between names. */
function styleOfXargs({ args }: SimpleNode): 'plain' | 'lines' | undefined {
  let style: 'plain' | 'lines' = 'plain';
  for (let i = 1; i < args.length; i++) {
    const text = literalOf(args[i]?.word);
    if (text === undefined) return undefined;
    if (!text.startsWith('-')) return style;
    const value = literalOf(args[i + 1]?.word) ?? '';
    if (valueOption.test(text)) i += 1;
    else if (lineOption.test(text)) style = 'lines';
    else if ((text === '-L' && /^\d+$/.test(value)) || (text === '-d' && newline.test(value))) {
      style = 'lines';
      i += 1;
    } else if (!plainOption.test(text)) return undefined;
  }
  return style;
}

/** A command that prints some of the lines it reads, as they are. */
export function isFilter(command: CommandNode | undefined, state: ShellState): boolean {
  const name = command === undefined ? '' : (nameOf(command) ?? '');
  const options = filterOptions.get(name);
  if (options === undefined || !isCalled(name, command, state)) return false;
  const words = command.args.slice(1).map(({ word }) => literalOf(word));
  const first = words.findIndex((word) => word === undefined || !options.test(word));
  const operands = first < 0 ? [] : words.slice(first);
  // What searches has a pattern, and nothing has a file of its own.
  if (name.endsWith('grep')) return operands.length === 1 && operands[0]?.startsWith('-') === false;
  if (operands.length === 0) return true;
  return /^(?:head|tail)$/.test(name) && /^-n \d+$/.test(operands.join(' '));
}

/** A command with this name that no function stands in for, and whose output goes where it seems to go. */
export function isCalled(name: string, command: CommandNode | undefined, state: ShellState): command is SimpleNode {
  if (command?.kind !== 'simple' || nameOf(command) !== name) return false;
  if (state.functions.has(name) || state.hasUnseenFunctions) return false;
  // A substitution or a redirection may take the names away.
  if (name !== 'find' && !command.redirects.every(isComplaint)) return false;
  return name === 'find' || command.args.every(({ word }) => word.parts.every(isHarmlessPart));
}

const isComplaint = ({ op, fd, target }: SimpleNode['redirects'][number]): boolean =>
  op === '>' && fd === 2 && literalOf(target) === '/dev/null';

function isHarmlessPart(part: Template['parts'][number]): boolean {
  switch (part.kind) {
    case 'text':
    case 'brace':
    case 'glob':
    case 'tilde':
      return true;
    case 'parameter':
      return part.operation === undefined;
    default:
      return false;
  }
}

function nameOf(command: CommandNode): string | undefined {
  return command.kind === 'simple' && command.assignments.length === 0 ? literalOf(command.args[0]?.word) : undefined;
}

export function literalOf(word: Template | undefined): string | undefined {
  const only = word?.parts.length === 1 ? word.parts[0] : undefined;
  return only?.kind === 'text' ? only.value : undefined;
}
