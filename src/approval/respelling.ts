/**
 * Whether a command is another spelling of one that a reviewer rejected: the same effects on the same objects. Pure.
 *
 * It errs to the side of "no": a part of what was rejected, or the same thing done to something else, is a new question.
 */

/** What a command does, as far as it is known, for comparing it with another. */
export interface Outline {
  /** Changes of things the command names, like `delete /srv/x`; a tool with subcommands is named too. */
  readonly acts: readonly Act[];
  /** The same of what is only read; compared when nothing is changed. */
  readonly reads: readonly Act[];
  /** Effects whose object nobody can name: running code, using the network. */
  readonly effects: readonly string[];
  /** A short hash of the words of each innermost command. */
  readonly words: readonly string[];
}

export interface Act {
  readonly what: string;
  /** How it is written in a command, for finding it in code nobody can read. */
  readonly object: string;
}

/** What is asked now: `code` is text that may do anything it names. */
export type Asked = Outline & { readonly code: string };

export function isRespelling(rejected: Outline, asked: Asked): boolean {
  const hasWords = rejected.words.length > 0 && rejected.words.every((word) => asked.words.includes(word));
  return hasWords || doesTheSame(rejected, asked) || isNamedInCode(rejected, asked.code);
}

function doesTheSame(rejected: Outline, asked: Outline): boolean {
  const covers = (of: readonly Act[], by: readonly Act[]) =>
    of.length > 0 && of.every(({ what }) => by.some((other) => other.what === what));
  if (rejected.acts.length === 0)
    return rejected.effects.length === 0 && covers(rejected.reads, [...asked.reads, ...asked.acts]);
  return covers(rejected.acts, asked.acts) && rejected.effects.every((effect) => asked.effects.includes(effect));
}

/** Shorter names are in any text by chance. */
const minObjectLength = 4;

function isNamedInCode({ acts }: Outline, code: string): boolean {
  return acts.length > 0 && acts.every(({ object }) => object.length >= minObjectLength && names(code, object));
}

/** As a whole name: `/srv/x` is not in `/srv/xy` or `/srv/x/log`. */
function names(code: string, object: string): boolean {
  for (let at = code.indexOf(object); at >= 0; at = code.indexOf(object, at + 1)) {
    const [before, after] = [code[at - 1] ?? ' ', code[at + object.length] ?? ' '];
    if (
      !/[\w./-]/.test(before) &&
      !/[\w.-]/.test(after) &&
      !/^\/\w/.test(code.slice(at + object.length, at + object.length + 2))
    )
      return true;
  }
  return false;
}
