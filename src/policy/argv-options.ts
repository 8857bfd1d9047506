/**
 * Commands that a pattern of a rule that refuses is about, with their options written in another way: in other places,
 * joined (`-rf`, `--file=x`, `-uroot`), abbreviated (`--forc`), by another name, or more of them.
 *
 * HOSTILE: `git push origin --force`, `git -C /srv push --force` and `rm -rf x` for `git push --force **` and `rm *`.
 *
 * INVARIANT: answers `plausible` at most, and never for a pattern that allows.
 */
import type { Word } from '../command/model.ts';
import { type Certainty, no, plausible } from './certainty.ts';
import { matchWord, type Token, type WordPattern } from './word-pattern.ts';

interface Argument {
  readonly word: Word;
  /** It may be an option, which a pattern that does not name it passes over. */
  readonly isOption: boolean;
  /** What is joined to an option: `x` of `--file=x`, `root` of `-uroot`. */
  readonly joined: Word | undefined;
}

interface Arguments {
  readonly argv: readonly Word[];
  readonly rest: readonly Argument[];
  /** Of all short options, joined or not. */
  readonly letters: ReadonlySet<string>;
}

interface Given extends Arguments {
  readonly hasUnseenArguments: boolean;
  readonly takesValues: boolean;
}

export const isOptionToken = (token: Token): token is WordPattern =>
  token.kind === 'word' && token.forms.every(([start = '']) => /^-./.test(start) && start !== '--');

/** An option of the pattern, and the word behind it where that is its value. */
interface Option {
  readonly token: WordPattern;
  readonly value: WordPattern | undefined;
}

/** Whether a command is what these tokens name, options aside that stand elsewhere or are not named. */
export function optionsAnywhere(
  tokens: readonly Token[],
): (argv: readonly Word[], hasUnseenArguments: boolean) => Certainty {
  const readings = tokens.some(isOptionToken) ? [apart(tokens, false), apart(tokens, true)] : [apart(tokens, false)];
  const literals = tokens.slice(1).flatMap((token) => (isOptionToken(token) ? [] : literalOf(token)));
  // Of a program alone (`mysql`) what stands behind an option is no value that could be passed over.
  const takesValues = tokens.length > 1;
  return (argv, hasUnseenArguments) => {
    // Most commands of a program are told apart by the sub-command.
    if (!hasUnseenArguments && !literals.every((literal) => argv.some((word) => mayHold(word, literal)))) return no;
    const given = { ...argumentsOf(argv), hasUnseenArguments, takesValues };
    const { rest } = given;
    return readings.some(
      ({ options, words }) =>
        (hasUnseenArguments || options.every((option) => rest.some((_, at) => isGiven(option, given, at)))) &&
        namesWords(words, given),
    )
      ? plausible
      : no;
  };
}

const literalOf = (token: Token): readonly string[] => {
  const [form, other] = token.kind === 'word' ? token.forms : [];
  return other === undefined && form?.length === 1 ? form : [];
};

/** As a word, or joined to an option. */
const mayHold = (word: Word, literal: string): boolean => word.kind === 'dynamic' || word.value.includes(literal);

/** Nobody knows whether `root` in `mysql -u root` is a value that goes with its option, so both are tried. */
function apart(tokens: readonly Token[], takesValues: boolean) {
  const options: Option[] = [];
  const words: Token[] = [];
  for (const [at, token] of tokens.entries()) {
    const before = tokens[at - 1];
    const next = tokens[at + 1];
    const isValue = takesValues && before !== undefined && isOptionToken(before) && !isOptionToken(token);
    if (isOptionToken(token))
      options.push({ token, value: takesValues && next?.kind === 'word' && !isOptionToken(next) ? next : undefined });
    else if (!isValue || token.kind === 'rest') words.push(token);
  }
  return { options, words };
}

/** Many patterns are asked about one command in turn, so the last answer is kept. */
let last: Arguments | undefined;

function argumentsOf(argv: readonly Word[]): Arguments {
  if (last?.argv !== argv) {
    const rest = argv.slice(1).map(argumentOf);
    last = { argv, rest, letters: lettersOf(rest) };
  }
  return last;
}

function argumentOf(word: Word): Argument {
  if (word.kind === 'dynamic') {
    const isTame = word.tame !== undefined && word.tame !== 'integer';
    return { word, isOption: word.prefix.startsWith('-') || (word.prefix === '' && !isTame), joined: undefined };
  }
  const { value } = word;
  const isOption = /^-./.test(value);
  // Of short ones some programs take `-n=x` for `-n x` as well.
  const at = value.startsWith('--') || (value[2] === '=' && value.length > 3) ? value.indexOf('=') + 1 : 2;
  const joined = isOption && at > 0 && at < value.length ? { ...word, value: value.slice(at) } : undefined;
  return { word, isOption, joined };
}

/** A word of the command that gives the option, with its value, or may. */
function isGiven({ token, value }: Option, { rest, letters }: Given, at: number): boolean {
  const argument = rest[at];
  if (argument === undefined || !argument.isOption) return false;
  const { word, joined } = argument;
  const next = rest[at + 1]?.word;
  if (value !== undefined && ![joined, next].some((one) => one !== undefined && matchWord(value, one, 1, true) !== no))
    return false;
  if (word.kind === 'dynamic')
    return token.forms.some(([start = '']) => start.startsWith(word.prefix) || word.prefix === '');
  return token.forms.some((form) => {
    if (matchWord({ kind: 'word', forms: [form] }, word, 1, true) !== no) return true;
    const [name = ''] = form;
    const isPair = /^--|^-\w=/.test(name);
    if (form.length > 1) return isPair && isSplit(name, form, word.value, next);
    const [before = '', wanted] = isPair ? name.split(/=(.*)/s) : [name];
    if (wanted !== undefined && word.value === before) return next?.kind !== 'known' || next.value === wanted;
    return wanted === undefined && isSpelled(before, word.value, letters);
  });
}

/** `--password x` for `--password=*`. */
function isSplit(name: string, form: readonly string[], value: string, next: Word | undefined): boolean {
  const [before = '', start] = name.split(/=(.*)/s);
  if (start === undefined || value !== before) return false;
  return next === undefined || matchWord({ kind: 'word', forms: [[start, ...form.slice(1)]] }, next, 1, true) !== no;
}

function lettersOf(rest: readonly Argument[]): ReadonlySet<string> {
  const letters = new Set<string>();
  for (const { word } of rest)
    if (word.kind === 'known' && /^-[^-]/.test(word.value)) for (const letter of word.value) letters.add(letter);
  return letters;
}

/** Options of this many letters are clusters of short ones; longer they are names of one (`-delete`). */
const maxCluster = 4;

/** HOSTILE: asked of every word, so what all of them say is looked up. */
function isSpelled(name: string, value: string, given: ReadonlySet<string>): boolean {
  if (name.startsWith('--')) {
    const [beginning = ''] = value.split('=', 1);
    return beginning.length > 3 && name.startsWith(beginning);
  }
  const letters = [...name.slice(1)];
  if (letters.length > maxCluster || !/^-\w+$/.test(name) || value.startsWith('--')) return false;
  return letters.every((letter) => given.has(letter));
}

/** The words that are no options, in their order; a last word with a star stands for one or more. */
function namesWords(words: readonly Token[], { argv, rest, hasUnseenArguments, takesValues }: Given): boolean {
  const [program, ...behind] = words;
  const [first] = argv;
  if (program === undefined || first === undefined) return false;
  if (program.kind === 'word' && matchWord(program, first, 0, true) === no) return false;
  const others = program.kind === 'rest' ? words : behind;
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
        if (hasStar(token) && position === others.length - 1) after.add(position);
      }
    }
    next = closure(after, others);
    if (next.size === 0) return false;
  }
  return next.has(others.length) || hasUnseenArguments;
}

const takes = (token: WordPattern, word: Word, joined: Word | undefined): boolean =>
  matchWord(token, word, 1, true) !== no || (joined !== undefined && matchWord(token, joined, 1, true) !== no);

const hasStar = ({ forms }: WordPattern): boolean => forms.some((form) => form.length > 1);

/** `**` may stand for nothing. */
function closure(positions: ReadonlySet<number>, tokens: readonly Token[]): ReadonlySet<number> {
  const all = new Set(positions);
  for (const position of all) if (tokens[position]?.kind === 'rest') all.add(position + 1);
  return all;
}
