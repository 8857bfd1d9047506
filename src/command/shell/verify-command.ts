/**
 * Commands and their compounds: walks the source token by token beside the parser's tree (see cursor.ts).
 *
 * Refuses: node kinds that are not listed, reserved words where a command name stands, `coproc`, `select`, subshells
 * that begin with `((`, arrays with keys, `case` and heredocs where bash reads substitutions twice.
 */
import type * as unbash from 'unbash';
import { readArithmetic, readArithmeticIn } from './arithmetic.ts';
import { type Cursor, flagBash, flagPosix, report } from './cursor.ts';
import { variableName } from './environment.ts';
import { reserved } from './reserved-words.ts';
import { append, nothing } from './short-list.ts';
import type { Argument, AssignmentNode, CaseItem, CommandNode, RedirectNode, SimpleNode } from './syntax.ts';
import type { ProgramReader } from './verify-program.ts';
import { readRedirect } from './verify-redirect.ts';
import { isWordsAnywhere, readTest } from './verify-test.ts';

/** Where functions hide these and where not differs between shells. */
const specialBuiltins = new Set(
  'break command builtin cd continue eval exec exit export readonly return set shift source times trap unset'.split(
    ' ',
  ),
);

export function readCommand(reader: ProgramReader, cursor: Cursor, node: unbash.CommandNode): CommandNode {
  if (node.type === 'Redirected') {
    const command = readCommand(reader, cursor, node.command);
    const redirects = readRedirects(reader, cursor, node.redirects);
    return command.kind === 'simple' ? command : { ...command, redirects: [...command.redirects, ...redirects] };
  }
  if (node.type !== 'Command') flagPosix(cursor.v, 'a compound command', node.pos, node.end);
  const span = [node.pos, node.end] as const;
  const redirects: readonly RedirectNode[] = [];
  switch (node.type) {
    case 'Command':
      return readSimple(reader, cursor, node);
    case 'Subshell': {
      cursor.token('(', node.pos);
      if (cursor.startsWith('(')) opaque(cursor, 'SHELL_DOUBLE_PARENTHESIS', '(( that may be arithmetic', node);
      const body = reader.list(cursor, node.body);
      cursor.token(')', node.end);
      return { kind: 'subshell', body, redirects, span };
    }
    case 'BraceGroup': {
      cursor.keyword('{', node.pos);
      const body = reader.list(cursor, node.body);
      cursor.keyword('}', node.end);
      return { kind: 'group', body, redirects, span };
    }
    case 'If': {
      const branches = [
        { condition: node.clause, body: node.then },
        ...node.elif.map((e) => ({ condition: e.clause, body: e.then })),
      ];
      const read = branches.map((branch, i) => {
        cursor.keyword(i === 0 ? 'if' : 'elif', branch.condition.pos);
        const condition = reader.list(cursor, branch.condition);
        cursor.keyword('then', branch.body.pos);
        return { condition, body: reader.list(cursor, branch.body) };
      });
      let otherwise: ReturnType<ProgramReader['list']> | undefined;
      if (node.else !== undefined) {
        cursor.keyword('else', node.else.pos);
        otherwise = reader.list(cursor, node.else);
      }
      cursor.keyword('fi', node.end);
      return { kind: 'if', branches: read, otherwise, redirects, span };
    }
    case 'While': {
      cursor.keyword(node.kind, node.clause.pos);
      const condition = reader.list(cursor, node.clause);
      const body = readDoDone(reader, cursor, node.body, node.end);
      return { kind: 'while', isUntil: node.kind === 'until', condition, body, redirects, span };
    }
    case 'For': {
      cursor.keyword('for', node.pos);
      cursor.blanks();
      readName(cursor, node.name, node.pos);
      cursor.lines();
      let words: ReturnType<ProgramReader['words']['read']>[] | undefined;
      if (node.wordlist !== undefined) {
        cursor.keyword('in', node.wordlist[0]?.pos ?? node.body.pos);
        words = node.wordlist.map((word) => {
          if (!cursor.blanks()) cursor.misread('words without a blank between them', word.pos);
          return reader.words.read(cursor, word, 'argument');
        });
      }
      cursor.blanks();
      if (cursor.startsWith(';')) cursor.at++;
      else if (cursor.source[cursor.at] !== '\n' && words !== undefined) cursor.misread('expected do', node.body.pos);
      const body = readDoDone(reader, cursor, node.body, node.end);
      return { kind: 'for', name: node.name.text, words, body, redirects, span };
    }
    case 'ArithmeticFor':
      return readCountingFor(reader, cursor, node);
    case 'Case':
      return readCase(reader, cursor, node);
    case 'ArithmeticCommand': {
      flagBash(cursor.v, '((...))', node.pos, node.end);
      const text = cursor.source.slice(node.pos, node.end);
      const bounds = [node.pos + 2, node.end - 2] as const;
      const expression = /^\(\(.*\)\)$/s.test(text)
        ? readArithmeticIn(
            cursor.source,
            bounds,
            () => node.expression,
            (script, start, end) => reader.nested(script, start, end),
          )
        : undefined;
      cursor.at = node.end;
      if (expression === undefined) {
        opaque(cursor, 'ARITHMETIC', 'arithmetic with more than numbers, plain variables and operators', node);
        return { kind: 'opaque', redirects, span };
      }
      return { kind: 'arithmetic', expression, redirects, span };
    }
    case 'TestCommand': {
      if (cursor.v.dialect === 'unknown' || !isWordsAnywhere(cursor.source.slice(node.pos, node.end)))
        flagBash(cursor.v, '[[ ... ]]', node.pos, node.end);
      cursor.keyword('[[', node.pos);
      const expression = readTest(reader, cursor, node.expression);
      cursor.lines();
      cursor.keyword(']]', node.end);
      return { kind: 'test', expression, redirects, span };
    }
    case 'Function': {
      if (cursor.startsWith('function')) {
        flagBash(cursor.v, 'function', node.pos, node.end);
        cursor.keyword('function', node.pos);
        cursor.blanks();
      }
      readName(cursor, node.name, node.pos, /^[A-Za-z_][A-Za-z0-9_-]*$/);
      if (specialBuiltins.has(node.name.text))
        opaque(cursor, 'SHELL_FUNCTION', 'a function with the name of a builtin', node.name);
      if (node.name.text.includes('-')) flagBash(cursor.v, 'a function name with -', node.pos, node.end);
      cursor.blanks();
      if (cursor.startsWith('(')) {
        cursor.token('(', node.end);
        cursor.blanks();
        cursor.token(')', node.end);
      }
      cursor.lines();
      const inner = node.body.type === 'Redirected' ? node.body.command.type : node.body.type;
      if (node.body.type === 'CompoundList' || (inner !== 'BraceGroup' && inner !== 'Subshell')) {
        opaque(cursor, 'SHELL_FUNCTION', 'a function without { ... }', node);
        return { kind: 'opaque', redirects, span };
      }
      return { kind: 'function', name: node.name.text, body: readCommand(reader, cursor, node.body), redirects, span };
    }
    default:
      opaque(cursor, 'SHELL_KIND', `${node.type} is not understood`, node);
      return { kind: 'opaque', redirects, span };
  }
}

function opaque(cursor: Cursor, code: string, what: string, node: { pos: number; end: number }): void {
  report(cursor.v, code, `Not understood: ${what}.`, node.pos, node.end);
  if (code !== 'SHELL_DOUBLE_PARENTHESIS') cursor.at = node.end;
}

function readName(cursor: Cursor, word: unbash.Word, fallback: number, shape = variableName): void {
  cursor.arriveAt(word.pos);
  if (!shape.test(word.text) || cursor.source.slice(word.pos, word.end) !== word.text || reserved.has(word.text)) {
    cursor.misread('an odd name', Math.max(word.end, fallback));
  }
  cursor.at = word.end;
}

function readDoDone(reader: ProgramReader, cursor: Cursor, body: unbash.CompoundList, end: number) {
  cursor.lines();
  cursor.keyword('do', body.pos);
  const read = reader.list(cursor, body);
  cursor.keyword('done', end);
  return read;
}

function readCountingFor(reader: ProgramReader, cursor: Cursor, node: unbash.ArithmeticFor): CommandNode {
  flagBash(cursor.v, 'for ((...))', node.pos, node.end);
  const head = /^for[ \t]*\(\(([^;()\n]*);([^;()\n]*);([^;()\n]*)\)\)[ \t]*;?/.exec(
    cursor.source.slice(node.pos, node.end),
  );
  const texts = head === null ? [] : [head[1] ?? '', head[2] ?? '', head[3] ?? ''];
  const expressions = texts.map((text) => (text.trim() === '' ? undefined : readArithmetic(text)));
  if (head === null || expressions.some((e, i) => e === undefined && texts[i]?.trim() !== '')) {
    opaque(cursor, 'ARITHMETIC', 'a counting loop with more than plain arithmetic', node);
    return { kind: 'opaque', redirects: [], span: [node.pos, node.end] };
  }
  cursor.at = node.pos + head[0].length;
  const body = readDoDone(reader, cursor, node.body, node.end);
  return { kind: 'counting-for', expressions, body, redirects: [], span: [node.pos, node.end] };
}

function readCase(reader: ProgramReader, cursor: Cursor, node: unbash.Case): CommandNode {
  cursor.keyword('case', node.pos);
  cursor.blanks();
  const word = reader.words.read(cursor, node.word, 'assignment');
  if (cursor.isNested)
    report(cursor.v, 'SHELL_CASE', 'Not understood: case inside a substitution.', node.pos, node.end);
  cursor.lines();
  cursor.keyword('in', node.items[0]?.pos ?? node.end);
  const items: CaseItem[] = [];
  let isClosed = true;
  for (const item of node.items) {
    if (!isClosed) cursor.misread('expected ;;', item.pos);
    cursor.lines();
    if (cursor.startsWith('(')) cursor.at++;
    const patterns = item.pattern.map((pattern, i) => {
      cursor.blanks();
      if (i > 0) {
        cursor.token('|', pattern.pos);
        cursor.blanks();
      }
      return reader.words.read(cursor, pattern, 'pattern');
    });
    cursor.blanks();
    cursor.token(')', item.body.pos);
    const body = reader.list(cursor, item.body);
    const end = item.terminator ?? ';;';
    if (end !== ';;') flagBash(cursor.v, end, item.pos, item.end);
    isClosed = item.terminator !== undefined;
    if (isClosed) cursor.token(end, item.end);
    items.push({ patterns, body, end });
  }
  cursor.lines();
  cursor.keyword('esac', node.end);
  return { kind: 'case', word, items, redirects: [], span: [node.pos, node.end] };
}

function readRedirects(
  reader: ProgramReader,
  cursor: Cursor,
  nodes: readonly unbash.Redirection[],
): readonly RedirectNode[] {
  return nodes.flatMap((node) => {
    cursor.blanks();
    return readRedirect(cursor, reader.words, node) ?? [];
  });
}

function readSimple(reader: ProgramReader, cursor: Cursor, node: unbash.Command): SimpleNode {
  let assignments: AssignmentNode[] | undefined;
  let args: Argument[] | undefined;
  let redirects: RedirectNode[] | undefined;
  const items = itemsOf(node);
  if (node.name === undefined && node.suffix.length > 0) cursor.misread('arguments without a command', node.pos);
  let isFirst = true;
  for (const item of items) {
    const hadBlank = cursor.blanks();
    switch (item.type) {
      case 'Assignment': {
        if (!hadBlank && !isFirst) cursor.misread('words without a blank between them', item.pos);
        const assignment = readAssignment(reader, cursor, item);
        if (args === undefined) assignments = append(assignments, assignment);
        else args = append(args, { word: { parts: [], raw: item.text, span: assignment.span }, assignment });
        break;
      }
      case 'Word': {
        // A redirection may be glued to what follows it only by an operator, never a word to a word.
        if (!hadBlank && !isFirst) cursor.misread('words without a blank between them', item.pos);
        const word = reader.words.read(cursor, item, 'argument');
        if (args === undefined) checkName(cursor, word.raw, item);
        args = append(args, { word, assignment: undefined });
        break;
      }
      default: {
        if (!hadBlank && !isFirst && item.descriptor !== undefined) cursor.misread('a glued descriptor', item.pos);
        const redirect = readRedirect(cursor, reader.words, item);
        if (redirect !== undefined) redirects = append(redirects, redirect);
      }
    }
    isFirst = false;
  }
  if (items.length === 0) cursor.misread('an operator without a command', Math.max(cursor.at, node.end));
  return {
    kind: 'simple',
    assignments: assignments ?? nothing,
    args: args ?? nothing,
    redirects: redirects ?? nothing,
    span: [node.pos, node.end],
  };
}

function itemsOf({
  prefix,
  name,
  suffix,
}: unbash.Command): readonly (unbash.Command['prefix'][number] | unbash.Command['suffix'][number])[] {
  if (name === undefined) return prefix;
  return prefix.length === 0 && suffix.length === 0 ? [name] : [...prefix, name, ...suffix];
}

function checkName(cursor: Cursor, raw: string, at: unbash.Word): void {
  if (reserved.has(raw) || raw.includes('=')) {
    report(
      cursor.v,
      'SHELL_RESERVED_NAME',
      `Not understood: ${raw} where a command name stands; some shells read it as something else.`,
      at.pos,
      at.end,
    );
  }
}

function readAssignment(reader: ProgramReader, cursor: Cursor, item: unbash.Assignment): AssignmentNode {
  const span = [item.pos, item.end] as const;
  const isAppend = item.append === true;
  flagPosix(cursor.v, 'an assignment', item.pos, item.end);
  cursor.arriveAt(item.pos);
  const head = `${item.name}${isAppend ? '+=' : '='}`;
  if (!variableName.test(item.name) || item.index !== undefined || !cursor.startsWith(head)) {
    report(cursor.v, 'SHELL_ASSIGNMENT', 'Not understood: an assignment with a subscript.', item.pos, item.end);
    cursor.at = item.end;
    return { name: item.name, isAppend, value: undefined, elements: undefined, span };
  }
  if (isAppend) flagBash(cursor.v, '+=', item.pos, item.end);
  cursor.at += head.length;
  if (item.value.type === 'Word') {
    const value = reader.words.read(cursor, item.value, 'assignment');
    return { name: item.name, isAppend, value, elements: undefined, span };
  }
  flagBash(cursor.v, 'an array', item.pos, item.end);
  if (cursor.isNested)
    report(cursor.v, 'SHELL_ARRAY', 'Not understood: an array in a substitution.', item.pos, item.end);
  cursor.token('(', item.pos);
  const elements = item.value.elements.map((element, i) => {
    const hadBlank = cursor.blanks();
    if (!hadBlank && i > 0) cursor.misread('words without a blank between them', element.pos);
    if (element.text.startsWith('[')) {
      report(cursor.v, 'SHELL_ARRAY', 'Not understood: an array element with a key.', element.pos, element.end);
    }
    return reader.words.read(cursor, element, 'argument');
  });
  cursor.blanks();
  cursor.token(')', item.end);
  if (!cursor.isDelimiterAt(cursor.at)) cursor.misread('text glued to an array', item.end);
  return { name: item.name, isAppend, value: undefined, elements, span };
}
