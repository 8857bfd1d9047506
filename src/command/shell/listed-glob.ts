/**
 * `$(ls -t logs/*.log | head -1)`: one of the names that fit a glob, or nothing.
 *
 * INVARIANT: with -d and -q each line is a name that ls was given, whatever is in it, and filters hand lines on whole. A name
 * that begins as the glob does is no option; where none fits, ls has nothing to print but a complaint.
 */
import type { DynamicWord } from '../dynamic-word.ts';
import type { Expansion, ExpansionListener } from './expansion.ts';
import { isCalled, isFilter, literalOf } from './feeds-xargs.ts';
import { globOf } from './glob-text.ts';
import type { ShellState } from './shell-state.ts';
import type { Program, Template } from './syntax.ts';

/** How they are sorted, and one on a line. */
const sorting = /^-[1trScuvXd]+$/;
const one = /^(?:head|tail) (?:-1|-n1|-n 1)$/;
/** What is called so is no directory, whose names would be listed in place of its own. */
const hasEnding = /\.[A-Za-z]\w*$/;

export type ListedName = Omit<DynamicWord, 'kind' | 'span'>;

/** The word that such a substitution alone is, where it can be sent so that it is one. */
export function listedName(
  template: Template,
  state: ShellState,
  expansion: Expansion,
  listener: ExpansionListener,
): ListedName | undefined {
  const [part, ...others] = template.parts;
  if (part?.kind !== 'substitution' || others.length > 0) return undefined;
  const listed = listedBy(part.program, state);
  if (listed === undefined || !listener.tellsLs(listed.ls)) return undefined;
  const isOne = part.isQuoted || expansion === 'single' || listener.quotes(template);
  return isOne ? listed.word : undefined;
}

/** `ls`: the word behind which it is to be told. */
function listedBy(
  { statements: [statement, ...more] }: Program,
  state: ShellState,
): { readonly word: ListedName; readonly ls: Template } | undefined {
  if (statement === undefined || more.length > 0 || statement.isBackground || statement.list.rest.length > 0)
    return undefined;
  const { commands, operators, isTimed, isNegated } = statement.list.first;
  const [ls, ...filters] = commands;
  const last = filters.at(-1);
  if (isTimed || isNegated || !isCalled('ls', ls, state) || last?.kind !== 'simple') return undefined;
  if (!operators.every((operator) => operator === '|') || !filters.every((each) => isFilter(each, state)))
    return undefined;
  if (!one.test(last.args.map(({ word }) => literalOf(word) ?? '?').join(' '))) return undefined;
  const [name, ...words] = ls.args.map(({ word }) => word);
  const operands = words.filter((word) => !sorting.test(literalOf(word) ?? ''));
  const [operand] = operands;
  if (name === undefined || operand === undefined || operands.length > 1) return undefined;
  const glob = globOf(operand, 'fields', (variable) => state.variables.get(variable), { quotes: () => false });
  if (glob === undefined || glob.isSingle === true || !/^[\w./]/.test(glob.prefix)) return undefined;
  const isDirectory = words.some((word) => /^-\w*d/.test(literalOf(word) ?? ''));
  return isDirectory || hasEnding.test(glob.raw) ? { word: { ...glob, isSingle: 'or-nothing' }, ls: name } : undefined;
}
