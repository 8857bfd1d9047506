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
import type { OptionGroup, ToolNames } from '../command/tools/index.ts';
import { isOptionToken, optionsAnywhere } from './argv-options.ts';
import { any, both, type Certainty, certain, conceivable, no, plausible } from './certainty.ts';
import { alternatives } from './glob.ts';
import { otherOptionNames } from './option-names.ts';
import { isOpenHost, matchPieces, matchWord, type Token } from './word-pattern.ts';

/** A longer pattern is a mistake, and matching costs words × words. */
const maxPatternWords = 64;

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
export function compileArgvPattern(
  text: string,
  stars: 'may-be-options' | 'not-options',
  toolNames?: ToolNames,
): ArgvPatternResult {
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
  if (stars === 'not-options') {
    const open = tokens.flatMap((token) => (token.kind === 'word' ? token.forms.filter(isOpenHost) : []));
    if (open[0] !== undefined)
      return bad(
        `the star behind \`${open[0].slice(0, -1).at(-1)}\` stands for other hosts as well (\`….evil.net\`): end the host with a slash`,
      );
  }
  const optionsToo = stars === 'may-be-options';
  const respelled = optionsToo && toolNames !== undefined ? otherSubcommands(tokens, toolNames.spellings) : [];
  // `** x **` is about such a word wherever it stands.
  const isAnywhere = first.kind === 'rest' && tokens.at(-1)?.kind === 'rest';
  const spellings = optionsToo && !isAnywhere ? [tokens, ...respelled] : [];
  const elsewhere = spellings.map(optionsAnywhere);
  // What an option is called is said where its sub-command is described, under one of its names.
  const options = spellings.length > 0 && tokens.some(isOptionToken) ? optionsOf(tokens, toolNames) : [];
  const byOtherNames = spellings.flatMap((one) => withOtherOptions(one, options)).map(optionsAnywhere);
  const isLiteral = first.kind === 'word' && first.forms.every((form) => form.length === 1);
  const names = isLiteral ? first.forms.map((form) => form[0] ?? '') : undefined;
  return {
    kind: 'pattern',
    pattern: {
      text,
      names,
      match: (argv, hasUnseenArguments) => {
        const [program] = argv;
        // With a directory in front or a version behind, it is still in there.
        if (program?.kind === 'known' && names?.some((name) => program.value.includes(name)) === false) return no;
        const isShort = argv.length < leastWords && !hasUnseenArguments;
        const exact = isShort ? no : matchTokens(tokens, argv, hasUnseenArguments, optionsToo);
        if (exact !== no) return exact;
        const here = any(elsewhere, (match) => match(argv, hasUnseenArguments), plausible);
        if (here !== no) return here;
        return both(
          conceivable,
          any(byOtherNames, (match) => match(argv, hasUnseenArguments), plausible),
        );
      },
    },
  };
}

/** `npm i **` for `npm install **`. */
function otherSubcommands(tokens: readonly Token[], spellings: ToolNames['spellings']): readonly (readonly Token[])[] {
  const { names, words, others } = beginningOf(tokens);
  return names.flatMap((name) => {
    for (let length = words.length; length > 0; length--) {
      const found = spellings(name, words.slice(0, length)).slice(1);
      if (found.length > 0)
        return found.map((spelling) => [...[name, ...spelling].map(literalToken), ...others.slice(length)]);
    }
    return [];
  });
}

const optionsOf = (tokens: readonly Token[], toolNames: ToolNames | undefined): readonly OptionGroup[] => {
  const { names, words } = beginningOf(tokens);
  return names.flatMap((name) => toolNames?.options(name, words) ?? []);
};

/** `git push {--force,-f,-F} **` for `git push --force **`; none where no option may have another name. */
function withOtherOptions(tokens: readonly Token[], groups: readonly OptionGroup[]): readonly (readonly Token[])[] {
  const others = tokens.map((token) => {
    if (!isOptionToken(token)) return [];
    return token.forms.flatMap(([name = '', ...more]) =>
      more.length === 0 || name.includes('=') ? otherOptionNames(name, groups) : [],
    );
  });
  if (others.every((names) => names.length === 0)) return [];
  return [
    tokens.map((token, at) =>
      token.kind === 'word' ? { ...token, forms: [...token.forms, ...(others[at] ?? [])] } : token,
    ),
  ];
}

/** The programs that a pattern names, and the words behind that are written out: sub-commands, if there are any. */
function beginningOf([first, ...others]: readonly Token[]) {
  const literal = (token: Token | undefined) =>
    token?.kind === 'word' && token.forms.length === 1 ? token.forms[0] : [];
  const end = others.findIndex((token) => literal(token)?.length !== 1);
  const words = others.slice(0, end === -1 ? undefined : end).flatMap((token) => literal(token) ?? []);
  const names = first?.kind === 'word' ? first.forms.map((form) => form.join('*')) : [];
  return { names, words, others };
}

const literalToken = (text: string): Token => ({ kind: 'word', forms: [[text]] });

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

/** A name with stars and braces (hosts, tables, agents), compiled the same way; undefined when malformed. */
export function compileName(text: string): ((value: string) => boolean) | undefined {
  const forms = alternatives(text)?.map((form) => form.split(/\*+/));
  return forms === undefined ? undefined : (value) => forms.some((pieces) => matchPieces(pieces, value));
}
