/**
 * `[[ … ]]`: operators from a list, operands that are plain words.
 *
 * Refuses: `-v` and `-R` (they evaluate subscripts), regular expressions of more than plain characters and groups. What
 * is compared as numbers is looked at where it is reached.
 */
import type * as unbash from 'unbash';
import { type Cursor, report } from './cursor.ts';
import type { Template, TestNode } from './syntax.ts';
import type { ProgramReader } from './verify-program.ts';

const unaryTests = new Set('-e -f -d -r -w -x -s -L -h -z -n -b -c -p -S -k -u -g -O -G -N -t'.split(' '));
/**
 * Characters that are text to the shell, brackets of such, and groups. `{` without a number begins a brace to some.
 */
const plainRegex = /^(?:[A-Za-z0-9_^.*+?@:/%,-]|\\[.+*?/-]|\[\^?[A-Za-z0-9_.:/%,+-]+\]|\{\d+(?:,\d*)?\}|[()|])+\$?$/;

/** Every parenthesis has its other half, and `|` stands inside one: elsewhere it ends the command. */
function hasPairs(text: string): boolean {
  let depth = 0;
  for (const char of text) {
    if (char === '(') depth++;
    else if (char === ')' && --depth < 0) return false;
    else if (char === '|' && depth === 0) return false;
  }
  return depth === 0;
}

const binaryTests = new Set('= == != < > -nt -ot -ef -eq -ne -lt -le -gt -ge =~'.split(' '));

/**
 * One test of plain words. A shell without `[[` takes it for a command that is not there (dash) or for `test` (busybox): its
 * words are expanded there too, and whichever way it ends was reckoned with. Nothing in it is an operator, a redirection,
 * a comment or the end of a command to any shell.
 */
const plainTest = (() => {
  const word = '(?:"(?:[^"`\\\\$]|\\$\\w+(?!\\w)|\\$\\{\\w+\\})*"|\\$\\w+(?!\\w)|\\$\\{\\w+\\}|[\\w./:,%@+*?-])+';
  return new RegExp(
    `^\\[\\[ +(?:! +)?(?:-[a-zA-Z] +${word}|${word} +(?:==?|!=|-(?:eq|ne|lt|le|gt|ge|nt|ot|ef)) +${word}) +\\]\\]$`,
  );
})();

export const isWordsAnywhere = (text: string): boolean => plainTest.test(text);

export function readTest(reader: ProgramReader, cursor: Cursor, node: unbash.TestExpression): TestNode {
  cursor.lines();
  switch (node.type) {
    case 'TestUnary': {
      if (!unaryTests.has(node.operator)) return refuseTest(cursor, node, `${node.operator} in [[ ]]`);
      if (cursor.startsWith(node.operator)) {
        cursor.keyword(node.operator, node.operand.pos);
        cursor.blanks();
      }
      return { kind: 'unary', operator: node.operator, operand: reader.words.read(cursor, node.operand, 'assignment') };
    }
    case 'TestBinary': {
      if (!binaryTests.has(node.operator)) return refuseTest(cursor, node, `${node.operator} in [[ ]]`);
      const left = reader.words.read(cursor, node.left, 'assignment');
      cursor.blanks();
      cursor.keyword(node.operator, node.right.pos);
      cursor.blanks();
      const isPlainRegex = plainRegex.test(node.right.text) && hasPairs(node.right.text);
      const isOneRegexPart = /^(?:\$[A-Za-z_][A-Za-z0-9_]*|"[^"$`\\]*"|'[^']*')$/.test(node.right.text);
      if (node.operator === '=~' && !isPlainRegex && !isOneRegexPart) {
        return refuseTest(cursor, node, 'this regular expression');
      }
      const isPattern = ['=', '==', '!='].includes(node.operator);
      return {
        kind: 'binary',
        operator: node.operator,
        left,
        right:
          node.operator === '=~' && isPlainRegex
            ? regexWord(cursor, node.right)
            : reader.words.read(cursor, node.right, isPattern ? 'pattern' : 'assignment'),
      };
    }
    case 'TestLogical': {
      const operands = node.operands.map((operand, i) => {
        cursor.lines();
        if (i > 0) cursor.token(node.operator, operand.pos);
        return readTest(reader, cursor, operand);
      });
      return { kind: 'logical', operator: node.operator, operands };
    }
    case 'TestNot': {
      for (const negation of node.negations) {
        cursor.lines();
        cursor.keyword('!', negation.end);
      }
      return { kind: 'not', operand: readTest(reader, cursor, node.operand) };
    }
    case 'TestGroup': {
      cursor.token('(', node.expression.pos);
      const operand = readTest(reader, cursor, node.expression);
      cursor.lines();
      cursor.token(')', node.end);
      return { kind: 'group', operand };
    }
    default:
      return { kind: 'opaque' };
  }
}

function regexWord(cursor: Cursor, word: unbash.Word): Template {
  cursor.arriveAt(word.pos);
  cursor.at = word.end;
  if (!cursor.isDelimiterAt(word.end)) cursor.misread('a glued regular expression', word.end);
  return {
    parts: [{ kind: 'glob', text: word.text } as const],
    raw: word.text,
    span: [word.pos, word.end] as const,
  };
}

function refuseTest(cursor: Cursor, node: { pos: number; end: number }, what: string): TestNode {
  report(cursor.v, 'SHELL_TEST', `Not understood: ${what}.`, node.pos, node.end);
  cursor.at = node.end;
  return { kind: 'opaque' };
}
