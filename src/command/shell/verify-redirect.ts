/**
 * Redirections: the operator, its descriptor and its target must stand in the source exactly as the tree says.
 *
 * Refuses: `>&word` and `<&word` whose word is no descriptor (`2>&-cmd` runs cmd), `{name}>file`, odd heredoc
 * delimiters, heredocs inside substitutions (bash prints and reads those again) but for a text that cat prints.
 */
import type { HereDoc, HereString, Redirect } from 'unbash';
import { type Cursor, flagBash, flagPosix, report } from './cursor.ts';
import type { RedirectNode, Template } from './syntax.ts';
import type { WordReader } from './verify-word.ts';

const operators = new Set(['<', '>', '>>', '<>', '>|', '&>', '&>>', '>&', '<&']);

export function readRedirect(
  cursor: Cursor,
  words: WordReader,
  node: Redirect | HereString | HereDoc,
): RedirectNode | undefined {
  const { v } = cursor;
  cursor.arriveAt(node.pos);
  let fd: number | undefined;
  if (node.descriptor !== undefined) {
    if (
      node.descriptor.type !== 'FileDescriptor' ||
      !/^[0-9]{1,3}$/.test(v.source.slice(node.pos, node.descriptor.end))
    ) {
      report(v, 'SHELL_DESCRIPTOR', 'Not understood: a descriptor held in a variable.', node.pos, node.end);
      cursor.at = node.end;
      return undefined;
    }
    fd = node.descriptor.value;
    if (fd > 9) flagBash(v, 'a descriptor above 9', node.pos, node.end);
    if (fd > 2) flagPosix(v, 'a descriptor above 2', node.pos, node.end);
    cursor.at = node.descriptor.end;
  }
  cursor.token(node.operator, node.end);
  const span = [node.pos, node.end] as const;
  if (node.type === 'HereDoc') {
    const target = readHeredoc(cursor, words, node);
    return target === undefined ? undefined : { op: '<<', fd, target, span };
  }
  if (node.target === undefined) {
    cursor.misread('a redirection without a target', node.end);
    return undefined;
  }
  cursor.blanks();
  if (node.type === 'HereString') {
    flagBash(v, '<<<', node.pos, node.end);
    return { op: '<<<', fd, target: words.read(cursor, node.target, 'assignment'), span };
  }
  const op = node.operator;
  if (!operators.has(op)) {
    cursor.misread('an unknown redirection', node.end);
    return undefined;
  }
  if (op === '&>' || op === '&>>') flagBash(v, op, node.pos, node.end);
  if (op !== '>' && op !== '>>' && op !== '<') flagPosix(v, op, node.pos, node.end);
  if (fd !== undefined) flagPosix(v, 'a numbered redirection', node.pos, node.end);
  const target = words.read(cursor, node.target, 'argument');
  // SPEC: POSIX Shell Command Language 2.10.1: digits right before `<` or `>` are a descriptor, so `> 2> b` has no target.
  if (/^[0-9]+$/.test(target.raw) && /[<>]/.test(v.source[cursor.at] ?? '')) {
    report(v, 'SHELL_REDIRECT_NUMBER', 'Not understood: a number between two redirections.', node.pos, node.end);
    return undefined;
  }
  if (op === '>&' || op === '<&') {
    if (/^[0-9]+-$/.test(target.raw)) flagBash(v, `${op}${target.raw}`, node.pos, node.end);
    else if (/^[0-9]{2,}$/.test(target.raw)) flagBash(v, 'a descriptor above 9', node.pos, node.end);
    else if (!/^(?:[0-9]|-)$/.test(target.raw)) {
      // `>&file` means `&>file` in bash; `>&-cmd` closes and runs cmd there.
      if (op === '>&' && fd === undefined && /^[A-Za-z./_][A-Za-z0-9_./-]*$/.test(target.raw)) {
        flagBash(v, '>&file', node.pos, node.end);
        return { op: '&>', fd, target, span };
      }
      report(
        v,
        'SHELL_GLUED_REDIRECT',
        `Not understood: ${op} with a target that is not a descriptor; shells end it at different places.`,
        node.pos,
        node.end,
      );
      return undefined;
    }
  }
  return { op, fd, target, span };
}

function readHeredoc(cursor: Cursor, words: WordReader, node: HereDoc): Template | undefined {
  const { v } = cursor;
  const { delimiter, body, closing } = node;
  cursor.blanks();
  flagPosix(v, 'a heredoc', node.pos, node.end);
  const written = delimiter === undefined ? '' : v.source.slice(delimiter.pos, delimiter.end);
  const match = /^(?:([A-Za-z0-9_]+)|'([A-Za-z0-9_]+)'|"([A-Za-z0-9_]+)")$/.exec(written);
  const name = match?.[1] ?? match?.[2] ?? match?.[3];
  if (delimiter === undefined || name === undefined || closing === undefined || cursor.isNested) {
    const why =
      closing === undefined ? 'never ends' : cursor.isNested ? 'is inside a substitution' : 'has an odd end mark';
    report(v, 'SHELL_HEREDOC', `Not understood: a heredoc that ${why}.`, node.pos, node.end);
    cursor.at = Math.max(cursor.at, node.end);
    return undefined;
  }
  const isQuoted = match?.[1] === undefined;
  if (name !== delimiter.value || isQuoted !== delimiter.quoted) cursor.misread('a heredoc end mark', delimiter.pos);
  cursor.arriveAt(delimiter.pos);
  cursor.at = delimiter.end;
  if (!cursor.isDelimiterAt(cursor.at)) cursor.misread('a heredoc end mark glued to a word', cursor.at);
  if (/^[0-9]+$/.test(name) && /[<>]/.test(v.source[cursor.at] ?? '')) {
    report(v, 'SHELL_REDIRECT_NUMBER', 'Not understood: a number between two redirections.', node.pos, node.end);
  }
  const stripsTabs = node.operator === '<<-';
  cursor.announce({
    bodyAt: body.pos,
    bodyEnd: body.end,
    closingAt: closing.pos,
    closingEnd: closing.end,
    delimiter: name,
    stripsTabs,
  });
  const raw = v.source.slice(body.pos, body.end);
  const span = [body.pos, body.end] as const;
  const strip = (text: string): string => (stripsTabs ? text.replace(/^\t+/gm, '') : text);
  if (isQuoted || !/[$`\\]/.test(raw)) {
    return { parts: [{ kind: 'text', value: strip(raw), isQuoted: true }], raw, span };
  }
  if (stripsTabs && raw.includes('\t')) {
    report(v, 'SHELL_HEREDOC', 'Not understood: <<- with expansions and tabs.', node.pos, node.end);
    return undefined;
  }
  const parts = words.heredoc(
    body.parts ?? [{ type: 'Literal', pos: body.pos, end: body.end, text: raw, value: raw }],
    body.pos,
    body.end,
  );
  return { parts, raw, span };
}
