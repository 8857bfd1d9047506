/**
 * Whether what a command of a pipeline prints goes to an xargs that can be told to take NUL between names: then find can
 * be told to print them so (`find src | xargs cat` is sent as `find src -print0 | xargs -0 cat`), and nobody's file name
 * becomes two arguments.
 *
 * INVARIANT: where this is true, xargs is read with the names that find prints, so either both get their word or neither.
 */
import type { ShellState } from './shell-state.ts';
import type { CommandNode, Pipeline, Template } from './syntax.ts';

/** Options that mean the same with -0; those that cut the input otherwise (-d, -E, -L, -a) are none of them. */
const plainOption = /^-(?:[rtx]+|[nP]\d+|I.+|i.*|-no-run-if-empty|-verbose)$/;
const valueOption = /^-[nPI]$/;

export function feedsXargs(pipeline: Pipeline, at: number, state: ShellState): boolean | undefined {
  const [from, to] = [pipeline.commands[at], pipeline.commands[at + 1]];
  if (pipeline.operators[at] !== '|' || from === undefined || to === undefined) return undefined;
  if (nameOf(from) !== 'find' || nameOf(to) !== 'xargs' || to.kind !== 'simple') return undefined;
  if (state.functions.has('find') || state.functions.has('xargs') || state.hasUnseenFunctions) return undefined;
  // A substitution or a redirection may take the names away from xargs.
  const isPlain = to.assignments.length === 0 && to.redirects.length === 0;
  if (!isPlain || to.args.some(({ word }) => !word.parts.every(isHarmlessPart))) return undefined;
  for (let i = 1; i < to.args.length; i++) {
    const text = literalOf(to.args[i]?.word);
    if (text === undefined) return undefined;
    if (!text.startsWith('-')) return true;
    if (valueOption.test(text)) i += 1;
    else if (!plainOption.test(text)) return undefined;
  }
  return true;
}

const isHarmlessPart = (part: Template['parts'][number]): boolean =>
  part.kind === 'parameter' ? part.operation === undefined : /^(?:text|brace|glob|tilde)$/.test(part.kind);

function nameOf(command: CommandNode): string | undefined {
  return command.kind === 'simple' && command.assignments.length === 0 ? literalOf(command.args[0]?.word) : undefined;
}

function literalOf(word: Template | undefined): string | undefined {
  const only = word?.parts.length === 1 ? word.parts[0] : undefined;
  return only?.kind === 'text' ? only.value : undefined;
}
