/** The words a `for` goes over: in which rounds they are read, and what its variable then holds. */
import type { Below, Word } from '../model.ts';
import { commonPrefix } from '../tools/names.ts';
import { printedCommits } from '../tools/path.ts';
import { isNumeric } from './number-output.ts';
import { isInteger, type Value } from './shell-state.ts';

/** A `for` over more words is read once, with the loop variable not known. */
const maxUnrolled = 32;

/** Words that are known, or of which the place is, have a round each. */
export function roundsOf(words: readonly Word[]): readonly (readonly Word[])[] {
  const isOneKind = words.every((word) => word.kind === 'known') || words.every((word) => placeOf(word) !== undefined);
  return isOneKind && words.length <= maxUnrolled ? words.map((word) => [word]) : [words];
}

/** What holds of each word of the round; undefined where nothing does. */
export function valueOfRound(round: readonly Word[]): Value | undefined {
  const [word] = round;
  const isAlone = round.length === 1;
  if (isAlone && word?.kind === 'known') return { kind: 'known', value: word.value };
  if (round.every(isIntegerWord)) {
    const isNatural = round.every((w) => (w.kind === 'known' ? !w.value.startsWith('-') : w.tame !== 'integer'));
    return { kind: 'number', isNatural: isNatural ? true : undefined };
  }
  const place = isAlone && word !== undefined ? placeOf(word) : undefined;
  if (place !== undefined && word?.kind === 'dynamic') {
    const prefix = word.below?.isPlain === true ? commonPrefix(word.below.directories) : word.prefix;
    return { kind: 'prefix', prefix, ...place };
  }
  if (isAlone && word !== undefined && isTameText(word))
    return { kind: 'tame', tame: 'text', printed: printedCommits(word.raw) };
  const prefix = commonPrefix(round.map((w) => (w.kind === 'known' ? w.value : w.prefix)));
  return prefix === '' ? undefined : { kind: 'prefix', prefix };
}

/** Each word that it comes to is an integer. */
const isIntegerWord = (word: Word): boolean =>
  word.kind === 'known'
    ? isInteger(word.value)
    : isNumeric(word.tame) || (word.why === 'brace' && /^\{\d+\.\.\d+\}$/.test(word.raw));

/** Each word that it comes to begins with no dash. */
const isTameText = (word: Word): boolean =>
  word.kind === 'dynamic' && word.why === 'substitution' && (word.tame === 'text' || word.tame === 'word');

/** Brackets hold letters, digits and ranges of them: neither a dot nor a slash nor a dash. */
const plainGlob = /^(?:[\w./@%+:,*?-]|\[(?:\w-\w|\w)+\])+$/;

/** What is known of each word a loop goes over: the glob it fits, or where it lies. */
function placeOf(word: Word): { readonly glob: string } | { readonly below: Below } | undefined {
  if (word.kind === 'known') return undefined;
  if (word.why === 'glob') return plainGlob.test(word.raw) ? { glob: word.raw } : undefined;
  return word.below === undefined ? undefined : { below: word.below };
}
