/**
 * Names that one command prints and the next takes as arguments (`find src -print0 | xargs -0 wc`).
 *
 * INVARIANT: a list is said only of commands that print names at or below directories the text names, and `isNul` only
 * when no name can become two. Names between newlines can be split by whoever made the files: they are good enough for
 * looking at entries, never for reading or changing files.
 */
import type { DynamicWord } from '../dynamic-word.ts';
import type { Below, Narrow, Word } from '../model.ts';
import type { NameList, ReadingContext, ToolReading } from '../reading.ts';
import {
  asksByRegex,
  asksForPrivate,
  asksForSecrets,
  findsSecrets,
  isCommonRegex,
  patternOf,
  selectsSecrets,
  suspicious,
} from './asked-names.ts';
import { namesOfGit } from './names-of-git.ts';
import type { Parsed } from './parsed.ts';
import { hasHarmlessEnding, hasInertEnding, isHarmlessKind } from './place.ts';
import { isAskedFor, isCommonKind, visibleGrep, visibleTests } from './visible.ts';
import { textOf } from './word.ts';

/** find prints something else, or does something, with these. */
const otherOutput = /^-(?:printf|fls|fprint0?|fprintf)$/;
const namePredicates = new Set([
  ...['-name', '-iname', '-path', '-ipath', '-wholename', '-iwholename', '-regex', '-iregex', '-lname', '-ilname'],
  ...['-samefile', '-newer', '-anewer', '-cnewer', '-files0-from', '-f'],
]);

/** Filters that print some of the lines they read, as they are; with the options that keep it so. */
const filters: Readonly<Record<string, readonly string[]>> = {
  grep: [
    '-v',
    '-i',
    '-E',
    '-F',
    '-P',
    '-e',
    '-w',
    '-x',
    '-a',
    '-z',
    '--invert-match',
    '--ignore-case',
    '--null-data',
    'pattern',
  ],
  sort: ['-z', '-r', '-n', '-u', '-f', '-V', '-h', '--zero-terminated', '--reverse', '--unique'],
  head: ['-n', '-z', '--lines', '--zero-terminated'],
  tail: ['-n', '-z', '--lines', '--zero-terminated'],
  uniq: ['-z', '-u', '-d'],
};

/** Start directories of a find whose names select nothing secret; undefined when one is not known. */
export function startsOfFind(parsed: Parsed, argv: readonly Word[]): readonly string[] | undefined {
  const starts = parsed.assigned.filter(({ of }) => of === 'start').map(({ word }) => startOf(word));
  if (!starts.every((start) => start !== undefined)) return undefined;
  if (parsed.given.has('-files0-from') || parsed.given.has('-f')) return undefined;
  const isSelective = parsed.assigned.some(({ of, word }) => {
    if (of === '-perm') return asksForPrivate(word, isAskedFor(word, parsed, argv));
    if (!namePredicates.has(of)) return false;
    const isRegex = of.endsWith('regex');
    if (isRegex && isCommonRegex(word)) return false;
    return selectsSecrets(word) || (isAskedFor(word, parsed, argv) && asksForSecrets(word, isRegex));
  });
  return isSelective ? undefined : starts.length === 0 ? ['.'] : starts;
}

/** A starting point, or the directory below which a glob finds some (`/srv/*\/logs`); undefined where it may be anywhere. */
function startOf(word: Word): string | undefined {
  if (word.kind === 'known') return word.value.startsWith('-') ? undefined : word.value;
  const isGlob = word.why === 'glob' && /^[\w./*?@%+,:-]+$/.test(word.raw) && word.raw.startsWith(word.prefix);
  const at = word.prefix.lastIndexOf('/');
  // A pattern that begins with a dot may fit the directory above.
  const leaves = word.raw.split('/').some((segment) => segment === '..' || /^\.+[*?]/.test(segment));
  if (!isGlob || at < 0 || leaves || word.prefix.startsWith('-')) return undefined;
  // The glob names what it looks for, as a test does: `/srv/*\/.env`.
  if (suspicious.test(word.raw) || findsSecrets(word.prefix, word.raw)) return undefined;
  return at === 0 ? '/' : word.prefix.slice(0, at);
}

/** What stands in an argv where words are counted: behind the starting points a glob with a slash is an error to find. */
function placeable(word: Word): string | undefined {
  return patternOf(word) ?? (startOf(word) === undefined ? undefined : textOf(word));
}

/**
 * Whether every name that find finds fits a `-name` that no secret's name fits, or nothing that is run by whoever comes by:
 * what is hidden is that, and some endings are. `isVisible`: it is told to pass over what is hidden.
 */
export function isNarrowFind(parsed: Parsed, argv: readonly Word[], isVisible: boolean): Narrow {
  // A test behind the action comes too late; a value that looks like a test counts as one.
  const texts = argv.map(textOf);
  const action = texts.findIndex((text) => actions.has(text));
  const lastTest = Math.max(texts.lastIndexOf('-name'), texts.lastIndexOf('-iname'));
  if (action >= 0 && lastTest > action) return false;
  if (['-o', '-or', ',', '-L', '-follow'].some((word) => parsed.given.has(word))) return false;
  const isNegation = (text: string | undefined): boolean => text === '!' || text === '-not';
  if (texts.some(isNegation) && texts.includes('(')) return false;
  const patterns: string[] = [];
  for (const { of, word } of parsed.assigned) {
    const pattern = of === '-name' || of === '-iname' ? patternOf(word) : undefined;
    if (pattern === undefined || !hasHarmlessEnding(pattern)) continue;
    // Without parentheses `!` turns one test around, the one behind it.
    const isNegated = argv.some(
      (value, i) => i > 1 && texts[i - 1] === of && patternOf(value) === pattern && isNegation(texts[i - 2]),
    );
    if (!isNegated) patterns.push(pattern);
  }
  if (patterns.length === 0) return false;
  return patterns.some(hasInertEnding) || (isVisible && isCommonKind(parsed, argv)) ? 'for-writing' : 'for-reading';
}

const actions = new Set(['-exec', '-execdir', '-ok', '-okdir', '-print', '-print0']);

/** Made once: how they are printed is kept with them. */
const nulBehind = ['-print0'];
const nulBefore = ['(', '-print0', '-o'];
const closing = [')'];

/**
 * Words that make find print NUL behind each name and change nothing else; undefined where there are none. Behind the
 * last word `-print0` prints what would be printed anyway; in place of `-print` stands `( -print0 -o -print )`.
 */
export function nulWords(parsed: Parsed, argv: readonly Word[]): ToolReading['insertWords'] {
  if (argv.some((word) => placeable(word) === undefined)) return undefined;
  if (!parsed.given.has('-print')) return mayAppend(argv) ? [{ after: argv.length - 1, words: nulBehind }] : undefined;
  const texts = argv.map(textOf);
  const at = texts.indexOf('-print');
  // Of several, nobody can say which is one and which is the value of a test.
  if (texts.lastIndexOf('-print') !== at) return undefined;
  return [
    { after: at - 1, words: nulBefore },
    { after: at, words: closing },
  ];
}

/** Every character but those at which a shell splits, or that it expands. Without classes, which find itself knows none of. */
const plainPath = '[^][*?\\ \t\n]*';

/**
 * Passes over each name that a shell would not leave whole. It says what may be there and not what may not, because
 * bytes that are no character fit neither.
 */
export const plainTests: readonly string[] = ['-regex', plainPath];

/** The same for who reads lines: blanks may stand inside, but not at the end, where `read` takes them off. */
export const lineTests: readonly string[] = ['-regex', '[^\\\n]*[^\\ \t\n]'];

export const canBePlain = (parsed: Parsed, argv: readonly Word[]): boolean =>
  wordsAround(plainTests, parsed, argv) !== undefined;

/**
 * Tests behind the starting points and what holds for the whole expression, and parentheses around the rest of it;
 * undefined where nobody can say where that begins.
 */
export function wordsAround(
  tests: readonly string[],
  parsed: Parsed,
  argv: readonly Word[],
): ToolReading['insertWords'] {
  if (argv.some((word) => placeable(word) === undefined)) return undefined;
  // HOSTILE: `-name ( ) -o ( -name )` would close the parenthesis that is put in.
  const isParenthesis = (text: string): boolean => text === '(' || text === ')';
  if (parsed.assigned.some(({ of, word }) => of.startsWith('-') && isParenthesis(textOf(word)))) return undefined;
  if (parsed.until.some(({ words }) => words.some((word) => isParenthesis(textOf(word))))) return undefined;
  const texts = argv.map(textOf);
  let at = 1;
  while (/^-(?:[HLPEsxX]|O[0-3])$/.test(texts[at] ?? '')) at += 1;
  while (at < texts.length && !/^(?:-.*|[(),!])$/.test(texts[at] ?? '')) at += 1;
  for (;;) {
    if (/^-(?:depth|xdev|mount|daystart|follow|noleaf)$/.test(texts[at] ?? '')) at += 1;
    else if (/^-(?:max|min)depth$/.test(texts[at] ?? '')) at += 2;
    else break;
  }
  if (at >= texts.length) return at === texts.length ? [{ after: at - 1, words: tests }] : undefined;
  const depths = depthsOf(texts);
  return depths.at(-1) !== 0 || depths.some((depth) => depth < 0)
    ? undefined
    : [
        { after: at - 1, words: [...tests, '('] },
        { after: texts.length - 1, words: closing },
      ];
}

/** The tests by which find is told to pass over what is hidden; undefined where it is not, or cannot be. */
export function hidingTests(
  parsed: Parsed,
  argv: readonly Word[],
  { narrows }: ReadingContext,
): readonly string[] | undefined {
  const tests = narrows === true ? visibleTests(parsed, argv) : undefined;
  return tests !== undefined && wordsAround(tests, parsed, argv) !== undefined ? tests : undefined;
}

/** How many parentheses are open behind each word. */
function depthsOf(texts: readonly string[]): readonly number[] {
  let depth = 0;
  return texts.map((text) => {
    if (text === '(') depth += 1;
    else if (text === ')') depth -= 1;
    return depth;
  });
}

function mayAppend(argv: readonly Word[]): boolean {
  const texts = argv.map(textOf);
  const depths = depthsOf(texts);
  return depths.at(-1) === 0 && !texts.some((text, i) => depths[i] === 0 && /^(?:-o|-or|,)$/.test(text));
}

/** What the command prints, when that is a list of names. */
export function printedNames(
  tool: string,
  parsed: Parsed,
  argv: readonly Word[],
  context: ReadingContext,
): NameList | undefined {
  if (context.feeds === undefined) return undefined;
  if (tool === 'find') {
    const directories = startsOfFind(parsed, argv);
    const isList = !parsed.assigned.some(({ of }) => otherOutput.test(of)) && parsed.until.length === 0;
    const isOther = ['-ls', '-help', '--help', '-version', '--version', '-D'].some((name) => parsed.given.has(name));
    if (directories === undefined || !isList || isOther) return undefined;
    const isNul = parsed.given.has('-print0') && !parsed.given.has('-print');
    const isNulByInsertion =
      !isNul && !parsed.given.has('-print0') && context.feeds === 'xargs' && nulWords(parsed, argv) !== undefined;
    const isVisible = hidingTests(parsed, argv, context) !== undefined;
    const canBeTold =
      !parsed.given.has('-print0') && /^(?:words|lines)$/.test(context.feeds) && canBePlain(parsed, argv);
    return {
      directories,
      from: context.workingDirectory,
      isNul: isNul || isNulByInsertion,
      isNulByInsertion,
      isPlain: canBeTold && context.feeds === 'words' ? true : undefined,
      isLines: canBeTold && context.feeds === 'lines' ? true : undefined,
      isNarrow: isNarrowFind(parsed, argv, isVisible),
      isVisible,
      source: argv[0],
    };
  }
  if (tool === 'grep' && (context.feeds === 'xargs' || putsNul(parsed))) {
    const found = namesOfGrep(parsed, argv, context);
    if (found !== undefined) return found;
  }
  if (tool === 'rg' && context.feeds === 'xargs') return namesOfRg(parsed, argv, context);
  if (tool === 'git' && (context.feeds === 'xargs' || parsed.given.has('-z'))) return namesOfGit(parsed, argv, context);
  const list = context.stdinNames;
  const keeping = list === undefined ? undefined : filters[tool];
  if (keeping === undefined || list === undefined) return undefined;
  if (parsed.given.some((name) => !keeping.includes(name))) return undefined;
  if (!list.isNarrow && keepsSecrets(tool, parsed)) return undefined;
  if (list.isNulByInsertion === true) return context.feeds === 'xargs' ? list : undefined;
  const isNul = list.isNul && (parsed.given.has('-z') || parsed.given.some((name) => /^--(?:null|zero)/.test(name)));
  return { ...list, isNul };
}

/** `find . | grep npmrc`: it keeps those names of which they are a part. */
const keepsSecrets = (tool: string, { given, assigned }: Parsed): boolean =>
  tool === 'grep' &&
  !given.some((name) => name === '-v' || name === '--invert-match') &&
  assigned.some(({ of, word }) => /^(?:pattern|-e|--regexp)$/.test(of) && asksByRegex(word));

/** Options with which `grep -rl` prints names, one a file. */
const searching =
  /^(?:-[rRlLinwxvEFPGsIaeZ]|--(?:null|recursive|dereference-recursive|files-with(?:out)?-match(?:es)?|ignore-case|word-regexp|include|exclude|exclude-dir|regexp)|pattern|files)$/;

/** `grep -rlZ` does so by itself. */
const putsNul = ({ given }: Parsed): boolean => given.has('-Z') || given.has('--null');

/** `grep -rl PATTERN DIRECTORY`, which can be told to print NUL behind each name. */
function namesOfGrep(parsed: Parsed, argv: readonly Word[], context: ReadingContext): NameList | undefined {
  const has = (...names: readonly string[]): boolean => names.some((name) => parsed.given.has(name));
  const lists = has('-l', '-L', '--files-with-matches', '--files-without-match');
  if (!lists || !has('-r', '-R') || parsed.given.some((name) => !searching.test(name))) return undefined;
  const directories = placesOfSearch(parsed);
  if (directories === undefined) return undefined;
  const included = includedBy(parsed);
  if (included.some((word) => selectsSecrets(word) || asksForSecrets(word, false))) return undefined;
  const isVisible = context.narrows === true && visibleGrep(parsed, argv) !== undefined;
  return {
    directories,
    from: context.workingDirectory,
    isNul: true,
    isNulByInsertion: !putsNul(parsed),
    isNarrow: !isOfOneKind(included, parsed) ? false : isVisible ? 'for-writing' : 'for-reading',
    isVisible,
    source: argv[0],
  };
}

/** Options with which `rg -l` prints names, one a file, that begin with the places it was given. */
const rgOptions =
  /^(?:-[lnNiwFsSxvPtTg]|--(?:files-with-matches|ignore-case|smart-case|case-sensitive|fixed-strings|word-regexp|line-regexp|pcre2|type|type-not|glob|regexp)|-e|pattern|files)$/;

/** `rg -l PATTERN DIRECTORY`, which knows --null as well. */
function namesOfRg(parsed: Parsed, argv: readonly Word[], context: ReadingContext): NameList | undefined {
  if (!parsed.given.has('-l') && !parsed.given.has('--files-with-matches')) return undefined;
  if (parsed.given.some((name) => !rgOptions.test(name))) return undefined;
  const directories = placesOfSearch(parsed);
  const globs = parsed.assigned.filter(({ of }) => of === '-g' || of === '--glob').map(({ word }) => word);
  const isAsking = globs.some((word) => selectsSecrets(word) || asksForSecrets(word, false));
  if (directories === undefined || isAsking) return undefined;
  return {
    directories,
    from: context.workingDirectory,
    isNul: true,
    isNulByInsertion: true,
    isNarrow: false,
    isVisible: undefined,
    source: argv[0],
  };
}

/** Without a place names are printed as they are, and one may begin with a dash. */
function placesOfSearch({ assigned }: Parsed): readonly string[] | undefined {
  const places = assigned.filter(({ of }) => of === 'files').map(({ word }) => word);
  const directories = places.flatMap((word) => (word.kind === 'known' ? [word.value] : []));
  if (places.length === 0 || directories.length < places.length) return undefined;
  return directories.some((directory) => directory === '' || directory.startsWith('-')) ? undefined : directories;
}

/** What the shell makes of an unquoted `--include=*.py` ends so as well. */
function includedBy({ assigned }: Parsed): readonly Word[] {
  return assigned.flatMap(({ of, word }) => {
    if (of !== '--include') return [];
    const bare = word.kind === 'dynamic' ? /^--include=(\*\.\w+)$/.exec(word.raw)?.[1] : undefined;
    return [bare === undefined ? word : ({ kind: 'known', value: bare, raw: word.raw, span: word.span } as const)];
  });
}

/** `--include='*.py'`, and nothing that says otherwise. */
const isOfOneKind = (included: readonly Word[], { given }: Parsed): boolean =>
  included.length > 0 &&
  included.every((word) => word.kind === 'known' && isHarmlessKind(word.value)) &&
  !given.some((name) => /^--exc/.test(name));

/** The words xargs appends when its input is such a list; undefined when they may be anything. */
export function namedWord(parsed: Parsed, context: ReadingContext): Pick<DynamicWord, 'prefix' | 'below'> | undefined {
  const list = context.stdinNames;
  if (list === undefined || parsed.given.has('-a') || parsed.given.has('--arg-file')) return undefined;
  const isRelative = list.directories.some((directory) => !directory.startsWith('/'));
  if (isRelative && (list.from === undefined || list.from !== context.workingDirectory)) return undefined;
  // Of -0 and -d the later one counts, so -d may cut a name into others.
  const isCut = (parsed.given.has('-d') || parsed.given.has('--delimiter')) && list.isNulByInsertion !== true;
  const readsNul = parsed.given.has('-0') || parsed.given.has('--null') || list.isNulByInsertion === true;
  const isWhole = list.isNul && !isCut && readsNul;
  return {
    prefix: isWhole && list.isBare !== true ? commonPrefix(list.directories) : '',
    below: {
      directories: list.directories,
      isWhole,
      isBare: list.isBare,
      isNarrow: list.isNarrow,
      isVisible: list.isVisible,
      source: list.source,
    },
  };
}

/** Where the names lie that a list on stdin holds, each whole and with NUL behind it (`du --files0-from=-`). */
export function namesOnStdin({ stdinNames, workingDirectory }: ReadingContext): Below | undefined {
  if (stdinNames?.isNul !== true || stdinNames.isNulByInsertion === true) return undefined;
  const { directories, from, isBare, isNarrow } = stdinNames;
  const isRelative = directories.some((directory) => !directory.startsWith('/'));
  return isRelative && from !== workingDirectory ? undefined : { directories, isWhole: true, isBare, isNarrow };
}

export function commonPrefix(texts: readonly string[]): string {
  let prefix = texts[0] ?? '';
  for (const text of texts) while (!text.startsWith(prefix)) prefix = prefix.slice(0, -1);
  return prefix;
}
