/**
 * Names that find prints into the words of a command: `cat $(find src -name '*.c')`, `for f in $(find src); do cat $f; done`.
 *
 * A shell splits and expands what a substitution prints, so a name with a blank becomes two, and one of them may be
 * anybody's file. find is therefore told to pass over names with such characters, which the text could not have handled
 * anyway. Only where content is read: what looks at names alone is judged without.
 */
import { isCalled, isFilter, literalOf } from './feeds-xargs.ts';
import type { ShellState } from './shell-state.ts';
import type { Program, SimpleNode, Template } from './syntax.ts';

const readers =
  /^(?:cat|tac|head|tail|[efgz]*grep|zcat|bzcat|xzcat|less|more|nl|sed|awk|sort|uniq|cut|od|xxd|hexdump|strings|diff|cmp|comm|paste|rev|fold|column|jq)$/;

/**
 * The command reads the files it is given. Not find: of no words it would make its working directory, and what it does
 * there is said of the names.
 */
export const readsContent = ({ args: [name] }: SimpleNode): boolean => readers.test(baseOf(name?.word));

const baseOf = (word: Template | undefined): string => {
  const name = literalOf(word) ?? '';
  return name.slice(name.lastIndexOf('/') + 1);
};

/** A command that reads files, or starts from them, is somewhere in the body of a loop: there each name is one word. */
export function readsInside(node: object): boolean {
  if (isSimple(node) && (readsContent(node) || baseOf(node.args[0]?.word) === 'find')) return true;
  if (isSimple(node) && node.redirects.some(({ op }) => op === '<')) return true;
  for (const key in node) {
    if (key === 'span') continue;
    const child: unknown = node[key as keyof typeof node];
    if (typeof child === 'object' && child !== null && readsInside(child)) return true;
  }
  return false;
}

const isSimple = (node: object): node is SimpleNode => 'kind' in node && node.kind === 'simple' && 'args' in node;

/** One pipeline of a find and of filters that keep its lines as they are. */
export function printsNames({ statements }: Program, state: ShellState): boolean {
  const [statement, ...more] = statements;
  if (statement === undefined || more.length > 0 || statement.isBackground || statement.list.rest.length > 0)
    return false;
  const { commands, operators, isTimed, isNegated } = statement.list.first;
  if (isTimed || isNegated || !isCalled('find', commands[0], state)) return false;
  return operators.every((operator) => operator === '|') && commands.slice(1).every((each) => isFilter(each, state));
}
