/**
 * Says what one argv does, from the descriptions of the library alone.
 *
 * Refuses: a tool nobody described, a program outside the system's directories, everything `parse.ts` refuses.
 * INVARIANT: a reading without unknowns names every effect the description's tool has with these words; what is
 * nested is handed back for reading and never taken as read.
 */
import { dynamicWord } from '../dynamic-word.ts';
import { type Below, type SqlFacts, type Tame, unknownInteger, type Word } from '../model.ts';
import type { NestedProgram, ProgramReaders, ReadingContext, ToolReading } from '../reading.ts';
import { applyRole, type Pieces } from './apply.ts';
import { asksByName, includesSecrets } from './asked-names.ts';
import type { ToolCommand } from './compile.ts';
import { applies } from './condition.ts';
import { Draft } from './draft.ts';
import type { ToolLibrary } from './library.ts';
import { noteMistakable } from './mistakable.ts';
import {
  canBePlain,
  commonPrefix,
  hidingTests,
  isNarrowFind,
  lineTests,
  namedWord,
  nulWords,
  plainTests,
  printedNames,
  startsOfFind,
  wordsAround,
} from './names.ts';
import { ArgvParser } from './parse.ts';
import type { Assigned, Parsed } from './parsed.ts';
import { readProgram } from './program.ts';
import { noteHosts } from './remote-path.ts';
import { leavesStdin } from './stdin-use.ts';
import { readTest } from './test-expression.ts';
import { isSearch, visibleGrep } from './visible.ts';
import { isNatural, textOf } from './word.ts';

/** Where only the system's owner can put a program. */
const trustedDirectories = new Set([
  '/bin/',
  '/usr/bin/',
  '/usr/local/bin/',
  '/sbin/',
  '/usr/sbin/',
  '/usr/local/sbin/',
]);

export type ToolReader = (argv: readonly Word[], context: ReadingContext) => ToolReading;

export function createToolReader(library: ToolLibrary, readers: ProgramReaders): ToolReader {
  return (argv, context) => {
    const first = argv[0];
    const name = first?.kind === 'known' ? trustedName(first.value) : undefined;
    const tool = name === undefined ? undefined : library.find(name);
    if (first === undefined || tool === undefined) return unknownTool(first, context);
    const draft = new Draft(tool.name, name ?? tool.name, context);
    if (name !== undefined && isOfProject(textOf(first))) {
      draft.runsFrom(first);
      draft.effect('execute-code', `runs ${name} of the project`);
    }
    if (name !== undefined && isQuestion(tool.command, name, argv)) {
      draft.effect('read', `${draft.called} tells about itself`);
      draft.insert(0, tool.command.insertAfterTool);
      draft.insert(0, tool.command.insertInQuestion);
      return draft.finish();
    }
    if (tool.command.style === 'test') {
      readTest(tool.command, argv, draft);
      return draft.finish();
    }
    const parsed = new ArgvParser(tool.command, argv, draft).parse();
    const { command } = parsed;
    draft.isSearch = isSearch(tool.name, parsed);
    if (tool.name === 'grep' || tool.name === 'rgrep') narrowGrep(parsed, argv, draft);
    else if (tool.name === 'rg') noteSecretNames(parsed, draft);
    if (command.stdin !== 'none') applyStdin(command, parsed, draft, readers);
    const pieces: Pieces = { programs: undefined, directory: undefined, replacement: undefined, hasTarget: false };
    // Who runs a nested text may stand behind it (`su -c TEXT ACCOUNT`).
    const isNested = ({ role }: Assigned) => role.kind === 'shell';
    for (const assigned of parsed.assigned)
      if (!isNested(assigned)) applyRole(assigned, parsed, draft, pieces, readers);
    if (command.permutes && !command.dashesAreOperands) noteMistakable(parsed, draft);
    draft.runsAs ??= command.runsAs;
    for (const assigned of parsed.assigned) if (isNested(assigned)) applyRole(assigned, parsed, draft, pieces, readers);
    for (const condition of command.when) if (applies(condition, parsed)) draft.addEffects(condition.effects);
    for (const [language, pieceWords] of pieces.programs ?? []) {
      readProgram({ language, words: pieceWords }, draft, readers);
    }
    noteHosts(argv, draft);
    applyNested(parsed, argv, draft, pieces);
    draft.isMeasuring = parsed.isMeasuring;
    draft.repeats = command.repeats;
    draft.names = printedNames(tool.name, parsed, argv, context);
    keepNamesWhole(tool.name, parsed, argv, draft);
    return draft.finish();
  };
}

/** `tree --help`: of a tool that does nothing by itself; of others the description says what is only a question. */
function isQuestion(command: ToolCommand, name: string, argv: readonly Word[]): boolean {
  const word = argv[1];
  if (argv.length !== 2 || word?.kind !== 'known' || command.style === 'test') return false;
  const { effects, alone, stdin, tells, options } = command;
  if (tells.get(word.value)?.includes(name) === true) return true;
  const isIdle = [...effects, ...(alone ?? [])].every(({ kind }) => kind === 'read') && stdin !== 'code';
  return /^--(?:help|version)$/.test(word.value) && isIdle && !options.has(word.value);
}

/** Made once, like all that is put in: how they are printed is kept with them. */
const nulOf = { search: ['--null'], xargs: ['-0'], grep: ['-z', '-a'], filter: ['-z'] } as const;
const asText = ['-a'];

/**
 * The words that put NUL between names, from find to xargs, or keep the names plain; -a keeps grep from reporting on bytes
 * that are no text.
 */
function keepNamesWhole(tool: string, parsed: Parsed, argv: readonly Word[], draft: Draft): void {
  if (tool === 'find') {
    // Behind the last word, -print0 comes after the tests.
    const tests = testsOfFind(parsed, argv, draft);
    if (tests.length > 0)
      for (const { after, words } of wordsAround(tests, parsed, argv) ?? []) draft.insert(after, words);
    if (draft.names?.isNulByInsertion === true)
      for (const { after, words } of nulWords(parsed, argv) ?? []) draft.insert(after, words);
  } else if (listsFiles(tool) && draft.names?.isNulByInsertion === true && draft.context.stdinNames === undefined) {
    draft.insert(0, nulOf.search);
  } else if (tool === 'git' && draft.names?.isNulByInsertion === true) {
    draft.insert(1, nulOf.filter);
  } else if (draft.names?.isPlain === true || draft.names?.isLines === true) {
    if (tool === 'grep') draft.insert(0, asText);
  } else if (draft.context.stdinNames?.isNulByInsertion === true) {
    if (tool === 'xargs') draft.insert(placeOfNul(parsed, argv), nulOf.xargs);
    // `head -5` is only read so when it comes first.
    else if (draft.names !== undefined)
      draft.insert(tool === 'grep' ? 0 : argv.length - 1, tool === 'grep' ? nulOf.grep : nulOf.filter);
  }
}

const listsFiles = (tool: string): boolean => tool === 'grep' || tool === 'rg';

/** What find is to test before all else, for its names to be what was said of them. */
function testsOfFind(parsed: Parsed, argv: readonly Word[], { names, context }: Draft): readonly string[] {
  const isPlain = names?.isPlain === true || parsed.until.some((each) => canBePlainFor(each, parsed, argv));
  const isLines = names?.isLines === true && !isPlain;
  return [...(isPlain ? plainTests : isLines ? lineTests : []), ...(hidingTests(parsed, argv, context) ?? [])];
}

/** The z tools are shell scripts that split names, or put them into programs: find is told to hand them no others. */
function canBePlainFor(
  { of, words: [first] }: Parsed['until'][number],
  parsed: Parsed,
  argv: readonly Word[],
): boolean {
  if (first === undefined || of.endsWith('dir') || !zTool.test(textOf(first))) return false;
  return startsOfFind(parsed, argv) !== undefined && canBePlain(parsed, argv);
}

/** grep is told to pass over what is hidden, or it notes that it searches itself. */
function narrowGrep(parsed: Parsed, argv: readonly Word[], draft: Draft): void {
  draft.searcher = argv[0];
  const inserted = draft.context.narrows === true && draft.isSearch ? visibleGrep(parsed, argv) : undefined;
  draft.isVisibleOnly = inserted !== undefined;
  for (const { after, words } of inserted ?? []) draft.insert(after, words);
  if (inserted === undefined) noteSecretNames(parsed, draft);
}

function noteSecretNames(parsed: Parsed, draft: Draft): void {
  if (includesSecrets(parsed)) draft.effect('identity', asksByName);
}

/** In front of its options, or behind them where one says what stands between names: the later one counts. */
const placeOfNul = ({ given, rest }: Parsed, argv: readonly Word[]): number =>
  given.has('-d') ? argv.length - 1 - (rest?.words.length ?? 0) : 0;

/**
 * Where a project keeps the programs it is built with. HOSTILE: any of them may do whatever it likes; what a description of
 * that name says is what it does besides.
 */
const ofProject =
  /(?:^|\/)(?:node_modules\/\.bin|\.?venv\/bin|vendor\/bin)\/[\w.-]+$|^\.\/(?:gradlew|mvnw)$|^(?:\.\/)?bin\/(?:phpunit|rails|rake|rspec|rubocop)$/;

const isOfProject = (value: string): boolean => value.includes('/') && ofProject.test(value);

/** The name without a trusted directory, or a project's; undefined for a program from anywhere else. */
function trustedName(value: string): string | undefined {
  const slash = value.lastIndexOf('/');
  if (slash < 0) return value;
  const isKnown = trustedDirectories.has(value.slice(0, slash + 1)) || ofProject.test(value);
  return isKnown ? value.slice(slash + 1) : undefined;
}

function unknownTool(word: Word | undefined, context: ReadingContext): ToolReading {
  const name = word === undefined ? '' : textOf(word);
  const draft = new Draft(name, name, context);
  if (word?.kind === 'known' && name.includes('/')) {
    draft.path('execute', word, 'runs a file');
    draft.effect('execute-code', `runs the file ${name}`);
    draft.code.push({ language: 'program', text: undefined, why: `runs the file ${name}` });
    draft.unknown('TOOL_UNKNOWN', `${name} is a program outside the system's directories`, word);
  } else if (word?.kind === 'known') draft.unknown('TOOL_UNKNOWN', `Sallyport does not know the command ${name}`, word);
  else draft.unknown('TOOL_DYNAMIC', 'which command runs is not known before it runs', word);
  draft.stdin = 'unknown';
  return { ...draft.finish(), tool: undefined };
}

const dialects: readonly SqlFacts['dialect'][] = ['postgresql', 'mysql', 'sqlite'];

/** A program on stdin that stands in the text itself is read: SQL here, shell text by the grammar. */
function applyStdin(command: ToolCommand, parsed: Parsed, draft: Draft, readers: ProgramReaders): void {
  if (command.stdin === 'data') {
    draft.stdin = command.stdinUnless.length > 0 && leavesStdin(parsed) ? 'unused' : 'data';
    return;
  }
  draft.stdin = 'data';
  if (command.stdinUnless.some((name) => parsed.given.hasSurely(name))) return;
  const { stdinText } = draft.context;
  const dialect = dialects.find((name) => name === command.stdinLanguage);
  if (dialect !== undefined && stdinText !== undefined) {
    const path = draft.pathText.bind(draft);
    draft.program(readers.sql(stdinText, { dialect, source: 'script', path }));
    return;
  }
  draft.stdin = 'code';
  draft.stdinLanguage = command.stdinLanguage;
  if (stdinText !== undefined && command.stdinLanguage === 'shell') return;
  draft.effect('execute-code', `${draft.called} runs what it reads from stdin`);
}

function applyNested(parsed: Parsed, argv: readonly Word[], draft: Draft, pieces: Pieces): void {
  const { command, rest, until, environment } = parsed;
  if (rest !== undefined && rest.role.kind === 'shell') {
    draft.nested.push({
      kind: 'shell',
      words: rest.words,
      via: draft.whole(),
      runsAs: draft.runsAs,
      runsOn: draft.runsOn,
      hasUnseenArguments: command.appends,
      stdin: command.appends ? 'closed' : 'inherit',
    });
  } else if (rest !== undefined) {
    draft.nested.push({
      kind: 'argv',
      words: command.appends
        ? withAppended(
            rest.words,
            parsed,
            pieces.replacement,
            namedWord(parsed, draft.context),
            tameWords(parsed, draft),
          )
        : rest.words,
      via: draft.whole(),
      runsAs: draft.runsAs,
      runsOn: draft.runsOn,
      hasUnseenArguments: command.appends,
      environment,
      without: command.hasAssignments ? withoutVariables(parsed) : undefined,
      workingDirectory: pieces.directory,
      stdin: command.appends ? 'closed' : 'inherit',
    });
  }
  for (const each of until) draft.nested.push(executed(each, parsed, argv, draft));
}

const withoutVariables = ({ assigned }: Parsed): readonly Word[] =>
  assigned.filter(({ role }) => role.kind === 'unset').map(({ word }) => word);

/**
 * xargs: the words of its input stand behind the last one, or wherever the replacement stands. HOSTILE: of -I and a number
 * of words or lines behind it the latter counts, and what was to be replaced stays as it is.
 */
function withAppended(
  words: readonly Word[],
  parsed: Parsed,
  replacement: Word | undefined,
  named: ReturnType<typeof namedWord>,
  tame: Tame | undefined,
): readonly Word[] {
  const isOne = takesOne(parsed);
  const appended = dynamicWord({
    why: 'argument',
    prefix: named?.prefix ?? '',
    raw: '{input}',
    span: words.at(-1)?.span ?? [0, 0],
    tame,
    isSeveral: isOne ? undefined : true,
    below: named?.below,
  });
  if (replacement === undefined) return [...words, appended];
  // A replacement nobody knows may stand anywhere.
  const inserted = words.map(
    (word): Word =>
      replacement.kind === 'dynamic'
        ? dynamicWord({ ...word, why: 'argument', prefix: '' })
        : replaced(word, replacement.value, named?.prefix ?? '', named?.below, undefined, tame),
  );
  return isOne || !counts.some((name) => parsed.given.has(name)) ? inserted : [...inserted, appended];
}

/** What stands between blanks or lines, and nowhere else. */
function tameWords({ given }: Parsed, { context }: Draft): Tame | undefined {
  return cuts.some((name) => given.has(name)) ? undefined : context.stdinTame;
}

/** Options of xargs with which its words are cut elsewhere, or come from a file. */
const cuts = ['-0', '--null', '-d', '--delimiter', '-a', '--arg-file'];

/** Options of xargs that say how many words or lines of its input are put in at once. */
const counts = ['-n', '-L', '-l', '--max-args', '--max-lines'];

/** `-n 1`, and nothing that says otherwise. */
const takesOne = ({ given, assigned }: Parsed): boolean =>
  given.has('-n') &&
  !given.has('-L') &&
  !given.has('-l') &&
  assigned.every(({ of, word }) => !/^(?:-n|--max-a.*)$/.test(of) || textOf(word) === '1');

function replaced(word: Word, mark: string, becomes: string, below?: Below, isSeveral?: true, tame?: Tame): Word {
  const text = textOf(word);
  const at = mark === '' ? -1 : text.indexOf(mark);
  if (at < 0) return word;
  const prefix = text.slice(0, at) + (at === 0 ? becomes : '');
  const isAll = word.kind === 'known' && text === mark;
  return dynamicWord({
    why: 'argument',
    prefix,
    raw: word.raw,
    span: word.span,
    tame: isAll ? tame : undefined,
    isSeveral,
    below: isAll ? below : undefined,
    // `/proc/{}/status`; a line may hold several numbers, with nothing but blanks between them.
    shape: isNatural(tame) && word.kind === 'known' ? word.value.replaceAll(mark, unknownInteger) : undefined,
  });
}

const zTool = /(?:^|\/)(?:z|bz|xz)[ef]?grep$/;

/**
 * find -exec: `{}` is a starting point or lies below it, and begins as it does; -execdir runs elsewhere and gives
 * `./name`. The words stand in the argv, so nothing is unseen.
 */
function executed(
  command: Parsed['until'][number],
  parsed: Parsed,
  argv: readonly Word[],
  draft: Draft,
): NestedProgram {
  const { of, words, isMany } = command;
  const isElsewhere = of.endsWith('dir');
  const starts = parsed.assigned.filter((each) => each.of === 'start').map(({ word }) => word);
  const texts = starts.length === 0 ? ['.'] : starts.map(textOf);
  const prefix = isElsewhere ? './' : commonPrefix(texts);
  const known = isElsewhere ? undefined : startsOfFind(parsed, argv);
  const isVisible = hidingTests(parsed, argv, draft.context) !== undefined;
  const below =
    known === undefined
      ? undefined
      : {
          directories: known,
          isWhole: true,
          isNarrow: isNarrowFind(parsed, argv, isVisible),
          isPlain: canBePlainFor(command, parsed, argv) ? (true as const) : undefined,
          isVisible,
          source: argv[0],
        };
  const span = words[0]?.span ?? [0, 0];
  return {
    kind: 'argv',
    words: words.map((word) => replaced(word, '{}', prefix, below, isMany ? true : undefined)),
    via: `${draft.whole()} ${of}`,
    hasUnseenArguments: false,
    runsAs: draft.runsAs,
    runsOn: draft.runsOn,
    environment: [],
    workingDirectory: isElsewhere ? dynamicWord({ why: 'argument', prefix: '', raw: '{}', span }) : undefined,
    stdin: 'inherit',
  };
}
