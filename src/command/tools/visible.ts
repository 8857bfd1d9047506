/**
 * Searches through a home, and changes of many files, that pass over what is hidden, as ripgrep does by itself: the words that
 * make grep and find do so.
 *
 * Keys and tokens of an account lie in hidden files below its home, so whoever searches all of it is held. With these
 * words the search is one that any other tree allows. What others run by itself is mostly hidden too (`.claude/hooks`).
 *
 * INVARIANT: with them no file is opened that has a hidden name behind a starting point, that a link behind it stands for,
 * or that has one of the names below. Where that is not sure, there are no words, and the search is held as it is.
 */
import type { Word } from '../model.ts';
import type { InsertedWords } from '../reading.ts';
import type { Parsed } from './parsed.ts';
import { commonKind } from './place.ts';
import { textOf } from './word.ts';

/** What people put into a home without hiding it: private keys, databases of passwords, tokens of a cloud. */
const keyNames: readonly string[] = [
  'id_[rd]sa',
  'id_ecdsa*',
  'id_ed25519*',
  '*.pem',
  '*.key',
  '*.ppk',
  '*.p12',
  '*.pfx',
  '*.jks',
  '*.kdbx',
  '*.keytab',
  '*credentials*',
  'client_secret*',
  'kubeconfig*',
];

/** Python runs these before all else, wherever they lie. */
const startedNames: readonly string[] = ['sitecustomize.py', 'usercustomize.py'];

const leftOut = [...keyNames, ...startedNames];

/** A name that begins with a dot; `./` and what lies below it do not, though they begin so as well. */
const hiddenName = '.[!/]*';

/** Browsers keep their profiles there, and not hidden. */
const openProfiles = 'snap';

const excludes: readonly string[] = [
  `--exclude-dir=${hiddenName}`,
  `--exclude-dir=${openProfiles}`,
  ...[hiddenName, ...leftOut].map((name) => `--exclude=${name}`),
];

/**
 * Behind the starting point no name begins with a dot. It says what may be there and not what may not, because bytes
 * that are no character fit neither.
 */
const visiblePath = '[^/]*\\(/[^/.][^/]*\\)*';

const tests: readonly string[] = [
  '-regex',
  visiblePath,
  ...['!', '-type', 'l', '!', '-path', `*/${openProfiles}/*`],
  ...leftOut.flatMap((name) => ['!', '-name', name]),
];

/** They open the files they are given, and print what fits a pattern. */
const searchers: ReadonlySet<string> = new Set(['grep', 'rgrep', 'zgrep']);
/** Who looks for these finds what somebody wrote down, hidden or not. */
const secretive = /priv(?:ate)?\b|secret|passw|passphrase|credential|token|api.?key|BEGIN|_KEY/i;

/** A search whose pattern is not what secrets look like. Printing all of what is found is no search. */
export const isSearch = (tool: string, { assigned }: Parsed): boolean =>
  searchers.has(tool) &&
  !assigned.some(({ of, word }) => /^(?:pattern|-e|--reg.*)$/.test(of) && secretive.test(textOf(word)));

/** A home whose visible part is like any other tree; not root's, and none of a system whose tools read the words otherwise. */
export function isCommonHome(path: string, homeDirectory: string | undefined): boolean {
  if (/^\/(?:home(?:\/[^/]+)?|export\/home)$/.test(path)) return true;
  return path === homeDirectory && path !== '/' && !/^\/(?:root|Users)(?:\/|$)/.test(path);
}

/** A starting point in which nothing is hidden, and which stays where it seems to be. */
const isOpenStart = (text: string): boolean =>
  /^(?=.)(?:\.|[^/.-][^/]*)?(?:\/[^/.][^/]*)*\/?$/s.test(text) && !text.split('/').includes(openProfiles);

/** Asks for names that are not hidden, as far as it says; `--include=*.py` may be left to the shell. */
const isOpenGlob = (word: Word): boolean =>
  word.kind === 'known' ? !word.value.startsWith('.') : /^--inc[a-z]*=\*[\w.*-]*$/.test(word.raw);

/** The words behind grep and its options that say which files are meant: of those that contradict the last one counts. */
export function visibleGrep(parsed: Parsed, argv: readonly Word[]): readonly InsertedWords[] | undefined {
  const has = (...names: readonly string[]): boolean => names.some((name) => parsed.given.has(name));
  // These follow links, or say in their own words what is to be searched.
  if (has('-R', '-d', '-D')) return undefined;
  for (const { of, word } of parsed.assigned) {
    if (of === 'files' && (word.kind !== 'known' || !isOpenStart(word.value))) return undefined;
    // Who asks for hidden files means them.
    if (/^--inc/.test(of) && !isOpenGlob(word)) return undefined;
  }
  if (!has('--include', '--exclude', '--exclude-dir', '--exclude-from')) return [{ after: 0, words: excludes }];
  // Behind the last word that can be an option. HOSTILE: `--` may be the value of one, as any word may; and in front of
  // a pattern nobody knows one is put in.
  const end = argv.findIndex((word) => textOf(word) === '--');
  if (parsed.assigned.some(({ of, word }) => word === argv[end] || (of === 'pattern' && word.kind === 'dynamic')))
    return undefined;
  return [{ after: (end < 0 ? argv.length : end) - 1, words: excludes }];
}

/** Links are followed, the starts are not in the text, or it is a find that reads expressions otherwise. */
const otherFinds = /^-(?:[HLDEsxX]|d[sx]|E[sxd]|sx|follow|files0-from)$/;

const isNegation = (word: Word | undefined): boolean => word !== undefined && /^(?:!|-not)$/.test(textOf(word));

/** What a test of find compares with is wanted, and not what is to be left out. */
export function isAskedFor(word: Word, parsed: Parsed, argv: readonly Word[]): boolean {
  const isWanted = wantedWords(parsed, argv).get(word) !== false;
  if (!parsed.given.has('-prune')) return isWanted;
  return isPruned(argv.slice(argv.indexOf(word) + 1).map(textOf)) ? !isWanted : isWanted;
}

/** HOSTILE: a find may have a thousand tests, and each is asked about. */
const wanted = new WeakMap<Parsed, ReadonlyMap<Word, boolean>>();

/**
 * Of each word that a test compares with: whether it is wanted. A mark in front of a test, or of parentheses around it,
 * turns it around. HOSTILE: of `-newer ! -path x` the file is called `!`, and nothing is turned around.
 */
function wantedWords(parsed: Parsed, argv: readonly Word[]): ReadonlyMap<Word, boolean> {
  const known = wanted.get(parsed);
  if (known !== undefined) return known;
  const values = new Set([...parsed.assigned.map(({ word }) => word), ...parsed.until.flatMap(({ words }) => words)]);
  const found = new Map<Word, boolean>();
  const around: boolean[] = [];
  let isWanted = true;
  let isTurned = false;
  let ofTest = true;
  for (const one of argv) {
    const text = textOf(one);
    if (values.has(one)) {
      found.set(one, ofTest);
      continue;
    }
    if (isNegation(one)) {
      isTurned = !isTurned;
      continue;
    }
    ofTest = isWanted !== isTurned;
    if (text === '(') {
      around.push(isWanted);
      isWanted = ofTest;
    } else if (text === ')') isWanted = around.pop() ?? true;
    isTurned = false;
  }
  wanted.set(parsed, found);
  return found;
}

/** `-path './x/*' -prune -o …`: with what fits there nothing is done. HOSTILE: `-path x -prune -exec …` does something. */
function isPruned(behind: readonly string[]): boolean {
  const end = behind.findIndex((text) => /^-(?:prune|exec|ok|f?print|f?ls|delete|quit)/.test(text));
  if (behind[end] !== '-prune') return false;
  const next = behind.slice(end + 1).find((text) => text !== ')');
  return next === '-o' || next === '-or';
}

/** `find src -name '*.py'`: what has an ending. Who spells out more of a name means what is run, perhaps. */
export function isCommonKind(parsed: Parsed, argv: readonly Word[]): boolean {
  const { assigned, given } = parsed;
  if (given.some((name) => otherFinds.test(name)) || given.has('-prune')) return false;
  for (const { of, word } of assigned) {
    if (word.kind !== 'known') return false;
    if (of === 'start' && !isOpenStart(word.value)) return false;
    const isName = /^-i?(?:name|path|wholename|regex|lname)$/.test(of);
    if (!isName || !isAskedFor(word, parsed, argv)) continue;
    if (!/^-i?name$/.test(of) || !commonKind.test(word.value)) return false;
  }
  return true;
}

/** The tests that find makes first, in front of its expression. */
export function visibleTests(parsed: Parsed, argv: readonly Word[]): readonly string[] | undefined {
  const { given, assigned } = parsed;
  if (given.some((name) => otherFinds.test(name))) return undefined;
  for (const { of, word } of assigned) {
    if (of === 'start' && (word.kind !== 'known' || !isOpenStart(word.value))) return undefined;
    if (/^-(?:xtype|i?lname)$/.test(of)) return undefined;
    if (of === '-type' && (word.kind !== 'known' || word.value.includes('l'))) return undefined;
    // Who asks for hidden files means them.
    const hidden = /^-i?name$/.test(of) ? /^\./ : /^-i?(?:path|wholename)$/.test(of) ? /(?:^|\/)\.[^/.]/ : undefined;
    if (hidden?.test(textOf(word)) === true && isAskedFor(word, parsed, argv)) return undefined;
  }
  return tests;
}
