/**
 * Commands that a pattern of a rule that refuses is about, with their options written in another way: in other places,
 * joined (`-rf`, `--file=x`, `-uroot`), abbreviated (`--forc`), or more of them.
 *
 * HOSTILE: `git push origin --force`, `git -C /srv push --force` and `rm -rf x` for `git push --force **` and `rm *`.
 *
 * INVARIANT: answers `plausible` at most, and never for a pattern that allows.
 */
import type { Word } from '../command/model.ts';
import { matchWord, type Token, type WordPattern } from './argv-pattern.ts';
import { type Certainty, no, plausible } from './certainty.ts';

interface Argument {
  readonly word: Word;
  /** It may be an option, which a pattern that does not name it passes over. */
  readonly isOption: boolean;
  /** What is joined to an option: `x` of `--file=x`, `root` of `-uroot`. */
  readonly joined: Word | undefined;
}

interface Given {
  readonly argv: readonly Word[];
  readonly rest: readonly Argument[];
  readonly hasUnseenArguments: boolean;
  readonly takesValues: boolean;
}

const isOptionToken = (token: Token): token is WordPattern =>
  token.kind === 'word' && token.forms.every(([start = '']) => /^-./.test(start) && start !== '--');

/** Whether the command is what these tokens name, options aside that stand elsewhere or are not named. */
export function matchOptionsAnywhere(
  tokens: readonly Token[],
  argv: readonly Word[],
  hasUnseenArguments: boolean,
): Certainty {
  const options = tokens.filter(isOptionToken);
  const words = tokens.filter((token) => !isOptionToken(token));
  const rest = argv.slice(1).map(argumentOf);
  if (!hasUnseenArguments && !options.every((option) => rest.some((_, at) => isGiven(option, rest, at)))) return no;
  // Of a program alone (`mysql`) what stands behind an option is no value that could be passed over.
  const takesValues = tokens.length > 1;
  return namesWords(words, { argv, rest, hasUnseenArguments, takesValues }) ? plausible : no;
}

function argumentOf(word: Word): Argument {
  if (word.kind === 'dynamic') {
    const isTame = word.tame !== undefined && word.tame !== 'integer';
    return { word, isOption: word.prefix.startsWith('-') || (word.prefix === '' && !isTame), joined: undefined };
  }
  const { value } = word;
  const isOption = /^-./.test(value);
  const at = value.startsWith('--') ? value.indexOf('=') + 1 : 2;
  const joined = isOption && at > 0 && at < value.length ? { ...word, value: value.slice(at) } : undefined;
  return { word, isOption, joined };
}

/** A word of the command that gives the option, or may. */
function isGiven({ forms }: WordPattern, rest: readonly Argument[], at: number): boolean {
  const argument = rest[at];
  if (argument === undefined || !argument.isOption) return false;
  const { word } = argument;
  if (word.kind === 'dynamic') return forms.some(([start = '']) => start.startsWith(word.prefix) || word.prefix === '');
  return forms.some((form) => {
    if (matchWord({ kind: 'word', forms: [form] }, word, 1, true) !== no) return true;
    const [name = ''] = form;
    if (form.length > 1) return false;
    const [before = '', value] = name.startsWith('--') ? name.split(/=(.*)/s) : [name];
    const next = rest[at + 1]?.word;
    if (value !== undefined && word.value === before) return next?.kind !== 'known' || next.value === value;
    return value === undefined && isSpelled(before, word.value, rest);
  });
}

/** Options of this many letters are clusters of short ones; longer they are names of one (`-delete`). */
const maxCluster = 4;

function isSpelled(name: string, value: string, rest: readonly Argument[]): boolean {
  if (name.startsWith('--')) {
    const [given = ''] = value.split('=', 1);
    return given.length > 3 && name.startsWith(given);
  }
  const letters = [...name.slice(1)];
  if (letters.length > maxCluster || !/^-\w+$/.test(name) || value.startsWith('--')) return false;
  const given = rest.flatMap(({ word }) => (word.kind === 'known' && /^-[^-]/.test(word.value) ? [...word.value] : []));
  return letters.every((letter) => given.includes(letter));
}

/** The words that are no options, in their order; a last `*` stands for one or more. */
function namesWords(words: readonly Token[], { argv, rest, hasUnseenArguments, takesValues }: Given): boolean {
  const [program, ...others] = words;
  const [first] = argv;
  if (program?.kind !== 'word' || first === undefined || matchWord(program, first, 0, true) === no) return false;
  // Which tokens may be next.
  let next = closure(new Set([0]), others);
  for (let at = 0; at < rest.length; at++) {
    const { word, isOption, joined } = rest[at] ?? { word: first, isOption: false, joined: undefined };
    const isValue = takesValues && rest[at - 1]?.isOption === true && rest[at - 1]?.joined === undefined;
    const isPassed = isOption || isValue;
    const after = new Set<number>(isPassed ? next : []);
    for (const position of next) {
      const token = others[position];
      if (token === undefined) continue;
      if (token.kind === 'rest') after.add(position);
      else if (takes(token, word, joined)) {
        after.add(position + 1);
        if (isAnyWord(token) && position === others.length - 1) after.add(position);
      }
    }
    next = closure(after, others);
    if (next.size === 0) return false;
  }
  return next.has(others.length) || hasUnseenArguments;
}

const takes = (token: WordPattern, word: Word, joined: Word | undefined): boolean =>
  matchWord(token, word, 1, true) !== no || (joined !== undefined && matchWord(token, joined, 1, true) !== no);

const isAnyWord = ({ forms }: WordPattern): boolean => forms.some((form) => form.length > 1 && form.join('') === '');

/** `**` may stand for nothing. */
function closure(positions: ReadonlySet<number>, tokens: readonly Token[]): ReadonlySet<number> {
  const all = new Set(positions);
  for (const position of all) if (tokens[position]?.kind === 'rest') all.add(position + 1);
  return all;
}
