/**
 * Cuts an awk program into tokens.
 *
 * The one hard question is whether `/` divides or starts a regular expression: it divides after an operand and starts one
 * where an operand is due. Where gawk, mawk and busybox decide by other rules (after `length`, `getline`, the `)` of an
 * `if`), the program is not understood. A delimiter inside brackets is text for gawk; for the others such an expression
 * has an open bracket, which is an error before anything runs.
 *
 * INVARIANT: no character of code is taken for part of a string, a regular expression or a comment.
 */
export type AwkTokenKind = 'word' | 'call' | 'number' | 'string' | 'regex' | 'operator' | 'newline' | 'end';

export interface AwkToken {
  readonly kind: AwkTokenKind;
  /** Names, operators: as written. Strings: the value, or undefined when programs decode it differently. */
  readonly text: string | undefined;
}

/** Raised for a program that is not understood; caught by the reader. */
export class NotAwk extends Error {}

const maxTokens = 8_000;
/** Longest first. `**` and `|&` are gawk's; elsewhere they are errors. */
const operators = [
  '**=',
  '&&',
  '||',
  '|&',
  '++',
  '--',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '^=',
  '**',
  '==',
  '!=',
  '<=',
  '>=',
  '>>',
  '!~',
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  ';',
  ',',
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '!',
  '>',
  '<',
  '|',
  '?',
  ':',
  '~',
  '$',
  '=',
];
const controlWords = new Set(['if', 'while', 'for', 'switch']);
/** Words after which an operand is due; after any other word comes an operator. */
const openingWords = new Set(['print', 'printf', 'return', 'exit', 'in', 'do', 'else', 'delete']);
/** Only gawk has `case`; to others it is a variable. */
const unclearWords = new Set('getline length BEGIN END BEGINFILE ENDFILE function func next case'.split(' '));

/** What may stand at the next place: an operand, an operator, or something programs disagree about. */
type Place = 'operand' | 'operator' | 'unclear';

export function readAwkTokens(program: string): readonly AwkToken[] {
  const tokens: AwkToken[] = [];
  const parens: boolean[] = [];
  const due: { place: Place } = { place: 'operand' };
  let at = 0;
  const push = (kind: AwkTokenKind, text: string | undefined, next: Place) => {
    if (tokens.length > maxTokens) throw new NotAwk(`has more than ${maxTokens} tokens`);
    tokens.push({ kind, text });
    due.place = next;
  };
  while (at < program.length) {
    const char = program[at] ?? '';
    if (char === ' ' || char === '\t') {
      at += 1;
    } else if (char === '\\' && program[at + 1] === '\n') {
      at += 2;
    } else if (char === '\n') {
      push('newline', '\n', 'operand');
      at += 1;
    } else if (char === '#') {
      // A backslash at the end of a comment continues it for some programs.
      const end = endOfLine(program, at);
      if (program[end - 1] === '\\') throw new NotAwk('has a comment that ends in a backslash');
      at = end;
    } else if (char === '"') {
      const end = endOfString(program, at);
      push('string', decodeString(program.slice(at + 1, end - 1)), 'operator');
      at = end;
    } else if (/[A-Za-z_]/.test(char)) {
      const name = matchAt(/[A-Za-z0-9_]+/y, program, at);
      at += name.length;
      push(program[at] === '(' ? 'call' : 'word', name, placeAfterWord(name));
    } else if (/[0-9]/.test(char) || (char === '.' && /[0-9]/.test(program[at + 1] ?? ''))) {
      const number = matchAt(/(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?/y, program, at);
      push('number', number, 'operator');
      at += number.length;
    } else if (char === '/' && due.place !== 'operator') {
      if (due.place === 'unclear') throw new NotAwk('has a / that may divide or start an expression');
      at = endOfRegex(program, at);
      push('regex', undefined, 'operator');
    } else {
      const operator = operators.find((candidate) => program.startsWith(candidate, at));
      if (operator === undefined || program.startsWith('::', at)) throw new NotAwk('has a character we do not know');
      if (operator === '(') parens.push(controlWords.has(tokens.at(-1)?.text ?? ''));
      const after = placeAfterOperator(operator, due.place, operator === ')' ? parens.pop() : false);
      push('operator', operator, after);
      at += operator.length;
    }
  }
  push('end', '', 'operand');
  return tokens;
}

function placeAfterWord(name: string): Place {
  if (openingWords.has(name)) return 'operand';
  return unclearWords.has(name) || controlWords.has(name) ? 'unclear' : 'operator';
}

function placeAfterOperator(operator: string, before: Place, closesControl: boolean | undefined): Place {
  if (operator === ']') return 'operator';
  if (operator === ')') return closesControl === true ? 'unclear' : 'operator';
  if (operator === '++' || operator === '--') return before === 'operator' ? 'operator' : 'unclear';
  return operator === '$' ? 'unclear' : 'operand';
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

function endOfLine(text: string, at: number): number {
  const newline = text.indexOf('\n', at);
  return newline < 0 ? text.length : newline;
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '"') return at + 1;
    if (text[at] === '\\') at += 1;
    if (text[at] === '\n') break;
  }
  throw new NotAwk('has a string without end');
}

/** Escapes that every awk decodes alike; anything else keeps the value unknown. */
function decodeString(raw: string): string | undefined {
  if (/\\[^nt"\\/]/.test(raw.replaceAll('\\\\', ''))) return undefined;
  const values: Readonly<Record<string, string>> = { n: '\n', t: '\t' };
  return raw.replace(/\\(.)/g, (_, char: string) => values[char] ?? char);
}

function endOfRegex(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text[at];
    if (char === '/') return at + 1;
    if (char === '\n') break;
    if (char === '\\') {
      at += 1;
      if (text[at] === '\n') break;
    } else if (char === '[') {
      at = endOfBracket(text, at);
    }
  }
  throw new NotAwk('has a regular expression without end');
}

/** Index of the closing bracket. A backslash escapes inside brackets too, in every awk but not in every reading. */
function endOfBracket(text: string, start: number): number {
  let at = start + 1;
  if (text[at] === '^') at += 1;
  if (text[at] === ']') at += 1;
  for (; at < text.length; at += 1) {
    const char = text[at];
    if (char === ']') return at;
    if (char === '\n') break;
    if (char === '\\') {
      at += 1;
      if (text[at] === ']' || text[at] === '[' || text[at] === '\n')
        throw new NotAwk('has an escaped bracket in brackets');
    } else if (char === '[') {
      const name = matchAt(/\[:[a-z]+:\]/y, text, at);
      if (name === '') throw new NotAwk('has a bracket in brackets');
      at += name.length - 1;
    }
  }
  throw new NotAwk('has a bracket without end');
}
