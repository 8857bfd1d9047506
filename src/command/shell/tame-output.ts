/**
 * What a substitution can come to, for the few commands whose output is known to be plain: `$(pwd)`, `$(id -un)`.
 *
 * INVARIANT: no word of the output begins with a dash, and none holds a character that the shell splits or expands
 * unless the answer says `text` or `numbers`. A command that fails prints nothing.
 */
import { type Tame, unknownHome } from '../model.ts';
import { printedCommits } from '../tools/path.ts';
import { isNatural } from '../tools/word.ts';
import { isFilter } from './feeds-xargs.ts';
import { identifiersOf, type Listing } from './identifier-output.ts';
import { type Fed, isNumeric, numbersOf } from './number-output.ts';
import type { ShellState } from './shell-state.ts';
import { nothing } from './short-list.ts';
import { isNumberListing, listedNumbers, partOf, wordsOf } from './single-number.ts';
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

/** What `xargs` reads that stands behind these in a pipeline, in words of which none is an option to what it runs. */
export function tameForXargs(
  pipeline: Pick<Pipeline, 'commands' | 'operators'>,
  xargs: SimpleNode,
  state: ShellState,
): Tame | undefined {
  if (state.functions.size > 0 || state.hasUnseenFunctions) return undefined;
  // HOSTILE: the lsof of busybox lists every open file, whatever it is asked; ps says of such words that they are none.
  if (isOwners(pipeline) && plainWords(xargs)?.[1] === 'ps') return 'numbers';
  const tame = ofPipe(pipeline, state);
  // What else is known to be text may hold quotes, which xargs takes away.
  return isNatural(tame) || ((tame === 'text' || tame === 'word') && printsIdentifiers(pipeline)) ? tame : undefined;
}

const printsIdentifiers = ({ commands: [first] }: Pick<Pipeline, 'commands'>): boolean =>
  first?.kind === 'simple' && identifiersOf(plainWords(first) ?? nothing, undefined) !== undefined;

export interface TameLines {
  readonly tame: Tame;
  /** Each begins with a letter or a digit, whatever `read` without -r then takes away. */
  readonly areIdentifiers: boolean;
  /** Commits, told as the substitution that would print them. */
  readonly printed: string | undefined;
}

/**
 * What each line is of what they print: none begins with a dash. HOSTILE: what `tameNumbers` says of grep and date holds here
 * too, and which variables there are is not asked.
 */
export function tameLines(
  pipeline: Pick<Pipeline, 'commands' | 'operators'>,
  state: ShellState,
): TameLines | undefined {
  if (state.functions.size > 0 || state.hasUnseenFunctions) return undefined;
  const tame = ofPipe(pipeline, state);
  if (tame === undefined || (isNumeric(tame) && pipeline.commands.some(mayPrintNames))) return undefined;
  return { tame, areIdentifiers: printsIdentifiers(pipeline), printed: commitsOf(pipeline, state) };
}

/** `git log --format=%H -5`, and what hands on lines of it as they are. */
function commitsOf({ commands: [git, ...filters] }: Pick<Pipeline, 'commands'>, state: ShellState): string | undefined {
  if (git?.kind !== 'simple' || !filters.every((each) => isFilter(each, state))) return undefined;
  return printedCommits(`$(${plainWords(git)?.join(' ') ?? ''})`);
}

const mayPrintNames = (node: CommandNode): boolean =>
  node.kind === 'simple' && /^(?:[ef]?grep|date)$/.test(plainWords(node)?.[0] ?? 'date');

/** `lsof -t -i :80` alone. */
const isOwners = ({ commands: [lsof, ...more] }: Pick<Pipeline, 'commands'>): boolean =>
  lsof?.kind === 'simple' &&
  more.length === 0 &&
  lsof.assignments.length + lsof.redirects.length === 0 &&
  /^lsof -t(?: -i ?:\d+| \/[\w./-]+)$/.test(plainWords(lsof)?.join(' ') ?? '');

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
  if (tame === 'processes' || tame === 'named') return undefined;
  return isNumberListing(tame) ? wordsOf(tame) : tame;
}

/**
 * The same where a shell evaluates what it comes to: no variable of the text has a name that is printed in place of a number.
 * HOSTILE: the date of busybox prints `%N` as it stands, which in arithmetic is the rest of a division by N; the grep before
 * 3.5 says on stdout that its input is a `Binary file`.
 */
export function tameNumbers(
  program: Program,
  state: ShellState,
  isInherited: (name: string) => boolean,
): Tame | undefined {
  const tame = tameOutput(program, state);
  return tame === undefined || namesPrinted(program).every(isInherited) ? tame : undefined;
}

function namesPrinted({ statements: [statement] }: Program): readonly string[] {
  const names: string[] = [];
  for (const command of statement?.list.first.commands ?? []) {
    const [name, ...words] = command.kind === 'simple' ? command.args.map(({ word }) => plainText(word) ?? '') : [];
    if (name === 'date' && words.some((word) => word.includes('%N'))) names.push('N');
    if (name === 'grep' || name === 'egrep') names.push('Binary');
  }
  return names;
}

/** `$(pwd)` of a shell that is in one directory, whose name nothing splits or expands. */
export function printedDirectory(program: Program, state: ShellState): string | undefined {
  const [directory, ...others] = state.directories;
  if (directory === undefined || others.length > 0 || !isInert(directory)) return undefined;
  if (`${directory}/`.startsWith(`${unknownHome}/`) || tameOutput(program, state) !== 'word') return undefined;
  const node = program.statements[0]?.list.first.commands.at(-1);
  const line = node?.kind === 'simple' ? node.args.map(({ word }) => plainText(word)).join(' ') : '';
  return /^pwd(?: -L)?$/.test(line) ? directory : undefined;
}

function textOfListing(fed: Fed | Listing): Fed {
  if (fed === 'processes' || fed === 'named') return 'anything';
  return isNumberListing(fed) ? (wordsOf(fed) ?? 'anything') : fed;
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
    // HOSTILE: of `dirname '/x -delete/y' $(pwd)` the first is printed as well; and a link in a directory of the agent's may
    // hold any text.
    const isAlone = argv.slice(1, -1).every((word) => word !== undefined && /^(?:-[efmnqsLP]+|--)$/.test(word));
    return isAlone ? ofPath(node.args.at(-1)?.word, name !== 'dirname', state) : undefined;
  }
  const part = isNumberListing(fed) ? partOf(fed, argv) : undefined;
  if (part !== undefined) return part;
  const numbers = numbersOf(node, textOfListing(fed), state);
  const listed = listedNumbers(node, argv, numbers, state) ?? numbers;
  if (listed !== undefined) return listed;
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

/** `dirname $(which java)`: a path of a tame one; links are followed only from where programs are. */
function ofPath(word: Template | undefined, followsLinks: boolean, state: ShellState): Tame | undefined {
  const [part, ...more] = word?.parts ?? [];
  if (part?.kind !== 'substitution' || more.length > 0) return undefined;
  if (
    followsLinks &&
    !/^(?:\$\(|`) *(?:which|command -v) [\w.+-]+ *(?:\)|`)$/.test(word?.raw.replaceAll('"', '') ?? '')
  )
    return undefined;
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
