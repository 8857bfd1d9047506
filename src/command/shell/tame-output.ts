/**
 * What a substitution can come to, for the few commands whose output is known to be plain: `$(pwd)`, `$(id -un)`.
 *
 * INVARIANT: no word of the output begins with a dash, and none holds a character that the shell splits or expands
 * unless the answer says `text` or `numbers`. A command that fails prints nothing.
 */
import { type Tame, unknownHome } from '../model.ts';
import { identifiersOf, type Listing } from './identifier-output.ts';
import { type Fed, numbersOf } from './number-output.ts';
import type { ShellState } from './shell-state.ts';
import { nothing } from './short-list.ts';
import type { CommandNode, Pipeline, Program, SimpleNode, Template } from './syntax.ts';
import { plainText } from './words-as-text.ts';

const wordPrinters = new Set([
  'whoami',
  'logname',
  'arch',
  'hostname',
  'hostname -s',
  'hostname -f',
  'id -un',
  'id -gn',
  'uname',
  'uname -r',
  'uname -m',
  'uname -s',
  'uname -n',
]);
const plainName = /^[A-Za-z][\w+.-]*$/;

export function tameOutput(program: Program, state: ShellState): Tame | undefined {
  // A function may stand in the place of any command.
  if (state.functions.size > 0 || state.hasUnseenFunctions) return undefined;
  const [statement, ...more] = program.statements;
  if (statement === undefined || more.length > 0 || statement.isBackground || statement.list.rest.length > 0)
    return undefined;
  const { isTimed } = statement.list.first;
  return isTimed ? undefined : ofPipe(statement.list.first, state);
}

/** What a command reads that stands behind these in a pipeline, in words of which none is an option to xargs. */
export function tameForXargs(pipeline: Pick<Pipeline, 'commands' | 'operators'>, state: ShellState): Tame | undefined {
  if (state.functions.size > 0 || state.hasUnseenFunctions) return undefined;
  const tame = ofPipe(pipeline, state);
  // What else is known to be text may hold quotes, which xargs takes away.
  const [first] = pipeline.commands;
  const isIdentifiers =
    first?.kind === 'simple' && identifiersOf(plainWords(first) ?? nothing, undefined) !== undefined;
  return tame === 'number' || tame === 'numbers' || (tame === 'text' && isIdentifiers) ? tame : undefined;
}

function ofPipe(
  { commands, operators }: Pick<Pipeline, 'commands' | 'operators'>,
  state: ShellState,
): Tame | undefined {
  let fed: Fed | Listing = 'nothing';
  let tame: Tame | Listing | undefined;
  for (const [i, command] of commands.entries()) {
    tame = ofCommand(command, fed, state);
    // `|&` hands on what went wrong as well.
    fed = operators[i] === '|' ? (tame ?? 'anything') : 'anything';
  }
  return tame === 'processes' ? undefined : tame;
}

/**
 * The same where a shell evaluates what it comes to. HOSTILE: the date of busybox prints `%N` as it stands, which in arithmetic
 * is the rest of a division by the variable N.
 */
export function tameNumbers(
  program: Program,
  state: ShellState,
  isInherited: (name: string) => boolean,
): Tame | undefined {
  const tame = tameOutput(program, state);
  return tame === undefined || !namesNanoseconds(program) || isInherited('N') ? tame : undefined;
}

const namesNanoseconds = ({ statements: [statement] }: Program): boolean =>
  statement?.list.first.commands.some(
    (command) => command.kind === 'simple' && command.args.some(({ word }) => word.raw.includes('%N')),
  ) === true;

/** `$(pwd)` of a shell that is in one directory, whose name nothing splits or expands. */
export function printedDirectory(program: Program, state: ShellState): string | undefined {
  const [directory, ...others] = state.directories;
  if (directory === undefined || others.length > 0 || !isInert(directory)) return undefined;
  if (`${directory}/`.startsWith(`${unknownHome}/`) || tameOutput(program, state) !== 'word') return undefined;
  const node = program.statements[0]?.list.first.commands.at(-1);
  const line = node?.kind === 'simple' ? node.args.map(({ word }) => plainText(word)).join(' ') : '';
  return /^pwd(?: -L)?$/.test(line) ? directory : undefined;
}

function ofCommand(node: CommandNode, piped: Fed | Listing, state: ShellState): Tame | Listing | undefined {
  if (node.kind !== 'simple' || node.assignments.length > 0) return undefined;
  const fed = node.redirects.some(({ op }) => op === '<' || op === '<<<') ? 'anything' : piped;
  // HOSTILE: `2> /dev/stdout` prints what went wrong among the numbers, and arithmetic evaluates the `date` of `date: invalid …`.
  const isQuiet = node.redirects.every(
    ({ op, fd, target }) => op === '<' || op === '<<<' || (op === '>' && fd === 2 && plainText(target) === '/dev/null'),
  );
  if (!isQuiet) return undefined;
  const argv = node.args.map(({ word, assignment }) => (assignment === undefined ? plainText(word) : undefined));
  const [name] = argv;
  if (name === 'dirname' || name === 'readlink' || name === 'realpath') {
    // HOSTILE: of `dirname '/x -delete/y' $(pwd)` the first is printed as well.
    const isAlone = argv.slice(1, -1).every((word) => word !== undefined && /^(?:-[efmnqsLP]+|--)$/.test(word));
    return isAlone ? ofPath(node.args.at(-1)?.word, state) : undefined;
  }
  const numbers = numbersOf(node, fed === 'processes' ? 'anything' : fed, state);
  if (numbers !== undefined) return numbers;
  const words = argv.every((word) => word !== undefined) ? argv : undefined;
  if (words === undefined) return undefined;
  const identifiers = identifiersOf(words, fed === 'nothing' || fed === 'anything' ? undefined : fed);
  if (identifiers !== undefined) return identifiers;
  const line = words.join(' ');
  if (wordPrinters.has(line)) return 'word';
  if (/^pwd(?: -[LP])?$/.test(line)) return state.directories.every(isInert) ? 'word' : undefined;
  const asked = name === 'which' ? argv.slice(1) : line.startsWith('command -v ') ? argv.slice(2) : [];
  if (asked.length > 0 && asked.every((word) => word === '-a' || plainName.test(word ?? ''))) return 'text';
  return undefined;
}

/** `dirname $(which java)`: a path of a tame one. */
function ofPath(word: Template | undefined, state: ShellState): Tame | undefined {
  const [part, ...more] = word?.parts ?? [];
  if (part?.kind !== 'substitution' || more.length > 0) return undefined;
  return tameOutput(part.program, state) === undefined ? undefined : 'text';
}

const isInert = (directory: string | undefined): boolean => directory !== undefined && /^[\w./@~+-]+$/.test(directory);

function plainWords({ args }: SimpleNode): readonly string[] | undefined {
  const words: string[] = [];
  for (const { word, assignment } of args) {
    const text = assignment === undefined ? plainText(word) : undefined;
    if (text === undefined) return undefined;
    words.push(text);
  }
  return words;
}
