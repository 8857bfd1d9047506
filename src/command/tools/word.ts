/** Questions about one word: what a value that is only partly known can become when the target's shell expands it. */
import { dynamicWord } from '../dynamic-word.ts';
import type { Tame, Word } from '../model.ts';

export type KnownWord = Extract<Word, { kind: 'known' }>;

/** The value, or the part of it that is known. */
export function textOf(word: Word): string {
  return word.kind === 'known' ? word.value : word.prefix;
}

/** A part of a word, with the place of the whole. What a glob matches is the whole word, so its part is no glob. */
export function tail(word: Word, from: number): Word {
  if (from === 0) return word;
  return word.kind === 'known'
    ? { kind: 'known', value: word.value.slice(from), raw: word.value.slice(from), span: word.span }
    : dynamicWord({
        ...word,
        why: word.why === 'glob' ? 'argument' : word.why,
        prefix: word.prefix.slice(from),
        shape: from <= word.prefix.length ? word.shape?.slice(from) : undefined,
      });
}

/**
 * Dynamic words that may become several: an unquoted parameter or substitution splits, a brace multiplies. A glob
 * multiplies too, but every name it becomes starts with its prefix.
 */
export function maySplit(word: Word): boolean {
  if (word.kind === 'known' || word.tame === 'word' || word.tame === 'number' || word.tame === 'integer') return false;
  // `-j$(nproc)`: nothing of an integer splits.
  if (word.shape !== undefined) return false;
  switch (word.why) {
    case 'glob':
    case 'tilde':
      return /[$`{]/.test(word.raw) && !isQuoted(word.raw);
    case 'argument':
      return false;
    case 'process':
    case 'arithmetic':
      return false;
    default:
      // `$?`, `$#`, `$$` and `$!` are numbers.
      return !/^\$[?#$!]$/.test(word.raw) && !isQuoted(word.raw);
  }
}

/** A word that is put in while the text runs (xargs, `{}`). */
export function isUnseen(word: Word): boolean {
  return word.kind === 'dynamic' && word.why === 'argument';
}

/** Numbers without a sign, and nothing else. */
export const isNatural = (tame: Tame | undefined): boolean => tame === 'number' || tame === 'numbers';

/** All that nobody has seen of it are numbers. */
export function isNumbered(word: Word): boolean {
  return word.kind === 'dynamic' && (isNatural(word.tame) || word.shape !== undefined);
}

/** May stand for more than one word, whatever each begins with. */
export function mayBeMany(word: Word): boolean {
  if (word.kind === 'known') return false;
  if (word.why === 'glob') return !fitsOneName.test(word.raw);
  return word.why === 'argument' || maySplit(word);
}

/** `[n]ginx`, by which people keep a grep from finding itself: one name fits, and where it is not there the word stays. */
const fitsOneName = /^(?:[\w./@%+:,-]|\[\w\])+$/;

/** Some value of the word, or a word it splits into, begins with a dash that nobody has seen. */
export function mayBeOption(word: Word): boolean {
  if (word.kind === 'known' || (word.tame !== undefined && word.tame !== 'integer')) return false;
  if (maySplit(word)) return true;
  if (word.prefix !== '') return word.prefix === '-';
  if (/^\$[?#$!]$/.test(word.raw)) return false;
  if (word.why === 'tilde' || word.why === 'process') return !/^(?:~|[<>]\()/.test(word.raw);
  // `?x` and `[!a]x` as well as `*x` can match a file named with a dash; `[ab]x` begins with one of these, or stays as it is.
  return !(word.why === 'glob' && /^\[[\w.,@%+=:]+\]/.test(word.raw));
}

/** Every expansion stands inside double quotes, and none of them is `$@` or an array, which split even there. */
function isQuoted(raw: string): boolean {
  if (/\$@|\$\{[^}]*@|[`]|\$\*/.test(raw)) return false;
  let inside = false;
  for (let i = 0; i < raw.length; i++) {
    const char = raw[i];
    if (char === '\\') i++;
    else if (char === '"') inside = !inside;
    else if (!inside && char === "'") {
      const end = raw.indexOf("'", i + 1);
      if (end < 0) return false;
      i = end;
    } else if (char === '$' && inside && raw[i + 1] === '(') {
      i = closing(raw, i + 1);
      if (i < 0) return false;
    } else if (!inside && (char === '$' || char === '{')) return false;
  }
  return !inside;
}

/** Where the parenthesis at `open` closes, quotes inside respected; -1 when it does not. */
function closing(raw: string, open: number): number {
  let depth = 0;
  let quote = '';
  for (let i = open; i < raw.length; i++) {
    const char = raw[i] ?? '';
    if (char === '\\' && quote !== "'") i++;
    else if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === '"' || char === "'") quote = char;
    else if (char === '(') depth++;
    else if (char === ')' && --depth === 0) return i;
  }
  return -1;
}

/**
 * The command find runs, up to the `;` or the `+` behind `{}` that ends it; undefined when nothing surely does.
 *
 * `find . -exec grep x {} ;` without a backslash has no end: find says so and does nothing. What it would have run is
 * read all the same, so that a mistake in looking around gets its answer at once.
 */
export function commandAt(
  argv: readonly Word[],
  start: number,
): { readonly words: readonly Word[]; readonly next: number } | undefined {
  for (let i = start; i < argv.length; i++) {
    const word = argv[i];
    if (word?.kind !== 'known') continue;
    const before = i > start ? argv[i - 1] : undefined;
    const isPlus = word.value === '+' && before?.kind === 'known' && before.value === '{}';
    if (word.value === ';' || isPlus) return { words: argv.slice(start, i), next: i + 1 };
  }
  const words = argv.slice(start);
  // HOSTILE: to busybox a `+` is an end wherever it stands, and what is not known may be one.
  const hasNoEnd = words.length > 0 && words.every((word) => word.kind === 'known' && word.value !== '+');
  return hasNoEnd ? { words, next: argv.length } : undefined;
}

/** Nothing but expansions out of quotes, or `"$@"`: such a word may not be there at all. */
export const mayVanish = (word: Word): boolean =>
  word.kind === 'dynamic' &&
  /^(?:(?:\$\w+|\$\{[^}]*\}|\$[!@*-]|\$\(.*\)|`.*`)+|"\$(?:@|\{[^}]*@[^}]*\})")$/s.test(word.raw) &&
  !(word.tame !== undefined && alwaysPrints.test(word.raw));

/**
 * A function may stand in their place, but then nothing is known of the word. HOSTILE: not every machine has hostname or
 * nproc, and what is not there prints nothing.
 */
const alwaysPrints = /^\$\((?:\(.*\)|date \+[^ ]*|id -u|uname(?: -[rmsn])?)\)$/s;

/** A pattern that the tool itself reads, where it is none of a shell: what it says of names is the same. */
export function asGlob(word: Word): Word {
  if (word.kind !== 'known' || !/^[\w./*?@%+,-]*[*?][^/]*$/.test(word.value)) return word;
  const { value, span } = word;
  return dynamicWord({ why: 'glob', prefix: value.slice(0, value.search(/[*?]/)), raw: value, span });
}
