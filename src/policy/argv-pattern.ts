/**
 * Patterns of whole commands: `systemctl restart {nginx,caddy}`, `git log **`.
 *
 * A pattern is tokenised once, at load, by shell-quote, and compared word by word with the argv of a command after
 * unwrapping; both ends are anchored. `*` inside a word stands for any characters, `**` as a word for any words.
 *
 * Refused: patterns that look like more than one command, or that would expand something.
 */
import { parse } from 'shell-quote';
import type { Word } from '../command/model.ts';
import { any, both, type Certainty, certain, no, plausible } from './certainty.ts';
import { alternatives } from './glob.ts';

/** A longer pattern is a mistake, and matching costs words × words. */
const maxPatternWords = 64;

interface WordPattern {
  readonly kind: 'word';
  /** One per brace alternative: the literal pieces between the stars. */
  readonly forms: readonly (readonly string[])[];
}
type Token = WordPattern | { readonly kind: 'rest' };

export interface ArgvPattern {
  readonly text: string;
  /** Names the first word can have; undefined when it may be anything. */
  readonly names: readonly string[] | undefined;
  match(argv: readonly Word[], hasUnseenArguments: boolean): Certainty;
}

export type ArgvPatternResult =
  | { readonly kind: 'pattern'; readonly pattern: ArgvPattern }
  | { readonly kind: 'bad'; readonly message: string };

/**
 * Compiles a pattern. For an allow rule (`not-options`) a leading `*` never stands for an option (`-x`) and a program is
 * its bare name or that name in a standard directory; a deny rule is generous in both.
 */
export function compileArgvPattern(text: string, stars: 'may-be-options' | 'not-options'): ArgvPatternResult {
  const bad = (message: string): ArgvPatternResult => ({ kind: 'bad', message });
  if (/[$`\n\r\0]/.test(text)) return bad('a pattern is one line of literal words; `$` and backticks are not');
  const tokens: Token[] = [];
  for (const entry of parse(text)) {
    const word = typeof entry === 'string' ? entry : 'pattern' in entry ? entry.pattern : undefined;
    if (word === undefined) return bad('a pattern is one simple command: no operators, redirections or comments');
    if (word === '**') {
      tokens.push({ kind: 'rest' });
      continue;
    }
    const forms = alternatives(word);
    if (forms === undefined) return bad(`braces do not pair up in \`${word}\`, or name too many`);
    tokens.push({ kind: 'word', forms: forms.map((form) => form.split(/\*+/)) });
  }
  const [first] = tokens;
  const leastWords = tokens.filter(({ kind }) => kind === 'word').length;
  if (first === undefined) return bad('the pattern is empty');
  if (tokens.length > maxPatternWords) return bad(`more than ${maxPatternWords} words`);
  const isLiteral = first.kind === 'word' && first.forms.every((form) => form.length === 1);
  return {
    kind: 'pattern',
    pattern: {
      text,
      names: isLiteral ? first.forms.map((form) => form[0] ?? '') : undefined,
      match: (argv, hasUnseenArguments) =>
        argv.length < leastWords && !hasUnseenArguments
          ? no
          : matchTokens(tokens, argv, hasUnseenArguments, stars === 'may-be-options'),
    },
  };
}

function matchTokens(
  tokens: readonly Token[],
  argv: readonly Word[],
  hasUnseenArguments: boolean,
  optionsToo: boolean,
): Certainty {
  // One row of a table: how certainly the tokens so far match the first `i` words.
  let row: Certainty[] = [certain, ...argv.map((): Certainty => no)];
  for (const [position, token] of tokens.entries()) {
    const next: Certainty[] = [];
    for (let i = 0; i <= argv.length; i++) {
      const word = argv[i - 1];
      if (token.kind === 'rest') {
        const before: Certainty = i === 0 ? no : (next[i - 1] ?? no);
        next.push(before > (row[i] ?? no) ? before : (row[i] ?? no));
      } else {
        const unseen: Certainty = hasUnseenArguments && i === argv.length && position > 0 ? plausible : no;
        const skipped = both(row[i] ?? no, unseen);
        const read = word === undefined ? no : both(row[i - 1] ?? no, matchWord(token, word, position, optionsToo));
        next.push(skipped > read ? skipped : read);
      }
    }
    if (!next.some((certainty) => certainty !== no)) return no;
    row = next;
  }
  const whole = row[argv.length] ?? no;
  return hasUnseenArguments && tokens.at(-1)?.kind !== 'rest' ? both(whole, plausible) : whole;
}

/** Directories whose programs are the ones a bare name means on any ordinary system. */
const standardDirectories = /^\/(usr\/)?(local\/)?s?bin\//;

function matchWord(pattern: WordPattern, word: Word, position: number, optionsToo: boolean): Certainty {
  if (word.kind === 'dynamic') {
    return any(pattern.forms, (form) => (canStartWith(form, word.prefix) ? plausible : no));
  }
  const values = position === 0 ? [word.value, programName(word.value, optionsToo)] : [word.value];
  return pattern.forms.some((form) => values.some((value) => matchForm(form, value, optionsToo))) ? certain : no;
}

/** A program in a standard directory has the bare name's meaning; to refuse one, its last segment is enough. */
function programName(path: string, anyDirectory: boolean): string {
  return anyDirectory ? path.slice(path.lastIndexOf('/') + 1) : path.replace(standardDirectories, '');
}

function matchForm(form: readonly string[], value: string, optionsToo: boolean): boolean {
  if (form.length === 1) return form[0] === value;
  if (!optionsToo && form[0] === '' && value.startsWith('-')) return false;
  return matchPieces(form, value);
}

/** Literal pieces in order, the first at the start and the last at the end: each is searched once, so linear. */
function matchPieces(pieces: readonly string[], value: string): boolean {
  const first = pieces[0] ?? '';
  const last = pieces.at(-1) ?? '';
  if (pieces.length === 1) return value === first;
  if (value.length < first.length + last.length || !value.startsWith(first) || !value.endsWith(last)) return false;
  let at = first.length;
  const end = value.length - last.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = value.indexOf(piece, at);
    if (found === -1 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return at <= end;
}

function canStartWith(form: readonly string[], prefix: string): boolean {
  const first = form[0] ?? '';
  return first.startsWith(prefix) || (form.length > 1 && prefix.startsWith(first));
}

/** A name with stars and braces (hosts, tables, agents), compiled the same way; undefined when malformed. */
export function compileName(text: string): ((value: string) => boolean) | undefined {
  const forms = alternatives(text)?.map((form) => form.split(/\*+/));
  return forms === undefined ? undefined : (value) => forms.some((pieces) => matchPieces(pieces, value));
}
