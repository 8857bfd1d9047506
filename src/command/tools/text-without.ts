/** A value that is any text but for some words in it, or at its beginning: a scheme, another column, the name of what is read on stdin. */
import { unknownInteger, type Word } from '../model.ts';
import type { Draft } from './draft.ts';
import { textOf } from './word.ts';

/** `<stdin>` among the words: no name of what the tool reads from its stdin. */
const ownStdin = /^-$|(?:^|\/)dev\/+(?:stdin|fd(?:\/|$))/;
const holds = (text: string, part: string): boolean => (part === '<stdin>' ? ownStdin.test(text) : text.includes(part));

const scheme = /^(?:\w.*:|:\/\/|org\.openssl)/;

export function applyTextWithout(words: readonly string[], word: Word, of: string, draft: Draft): void {
  if (word.kind === 'known' && !words.some((each) => holds(word.value, each))) return;
  if (word.kind === 'dynamic' && word.shape === unknownInteger && words.every((each) => /^[^\d-]+$/.test(each))) return;
  if (beginsWithDirectory(word) && words.every((each) => scheme.test(each))) return;
  const isPlain = word.kind === 'dynamic' && word.below?.isPlain === true;
  if (isPlain && words.every((each) => /^[\s*?[]$/.test(each))) return;
  const means = `${namesOf(words)} would mean something else there`;
  const reason =
    word.kind === 'known'
      ? `${draft.called} ${of}: Sallyport does not know ${word.raw}`
      : `${draft.called} ${of}: nobody knows what ${word.raw} comes to, and ${means}`;
  draft.unknown('TOOL_VALUE_UNKNOWN', reason, word);
}

/** `<blank>` and `<line>` are written out as several of them. */
function namesOf(words: readonly string[]): string {
  if (words.includes(' ')) return 'a name with a blank in it';
  return words.includes('\n') ? 'a line break' : `a word with ${words.slice(0, 3).join(' or ')} in it`;
}

/** What a glob fits begins with the directory it says, and what find found with its starting point: with no scheme. */
function beginsWithDirectory(word: Word): boolean {
  if (word.kind === 'known') return false;
  if (word.prefix.startsWith('/')) return true;
  if (word.why === 'glob') return /^[\w.@%+-]*\/[\w./@%+*?-]*$/.test(word.raw) && !word.raw.includes('//');
  const { directories, isWhole, isBare } = word.below ?? { directories: [], isWhole: false };
  return (
    isWhole &&
    isBare !== true &&
    directories.length > 0 &&
    directories.every((each) => /^[\w./@%+-]+$/.test(each) && !each.includes('//'))
  );
}

/** Every value begins otherwise: by what is known of it, by where it lies, or because a glob begins with no slash. */
export function applyBeginning(beginning: string, word: Word, of: string, draft: Draft): void {
  const { below } = word.kind === 'dynamic' ? word : { below: undefined };
  const starts = below?.isWhole === true && below.isBare !== true ? below.directories : [textOf(word)];
  const isGlob = word.kind === 'dynamic' && word.why === 'glob' && word.prefix === '' && /^[*?[\w.]/.test(word.raw);
  const isOther = (text: string): boolean => {
    if (word.kind === 'known') return !text.startsWith(beginning);
    return text === ''
      ? isGlob && beginning.startsWith('/')
      : !text.startsWith(beginning) && !beginning.startsWith(text);
  };
  if (starts.every(isOther)) return;
  draft.unknownValue(word, of);
}
