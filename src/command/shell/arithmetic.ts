/**
 * Arithmetic of numbers, plain variables, substitutions and operators.
 *
 * Shells evaluate the *text* of a variable inside arithmetic (`x='a[$(cmd)]'; ((x))` runs cmd), and so they do with what
 * a command prints: names and programs are handed out, and the caller must know that each comes to an integer.
 * Subscripts, quotes and any base but `10#` are not understood.
 */
import type { ArithmeticExpression, ParsedScript } from 'unbash';
import { nothing } from './short-list.ts';
import type { Arithmetic, Program } from './syntax.ts';

/** Where a substitution stands in the text of an expression. */
export const substitutionMark = '$()';

const token =
  /\s+|(?<base>10#(?=\$(?!\{#)))|(?<substitution>\$\(\))|(?<number>\$\{#(?:[A-Za-z_][A-Za-z0-9_]*(?:\[[@*]\])?)\}|0[xX][0-9A-Fa-f]{1,15}|[1-9][0-9]?#[0-9A-Za-z]{1,15}|0[0-7]*|[1-9][0-9]{0,17})(?![A-Za-z0-9_#])|\$\{(?<braced>[A-Za-z_][A-Za-z0-9_]*|[#?])\}|\$(?<dollar>[A-Za-z_][A-Za-z0-9_]*|[#?])|(?<name>[A-Za-z_][A-Za-z0-9_]*)|(?<operator><<=|>>=|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||\*\*|[-+*/%&|^]=|[-+*/%<>=!&|^~?:(),])/y;

/** A substitution in an expression, as the parser found it. */
interface Found {
  readonly start: number;
  readonly end: number;
  readonly script: ParsedScript;
}

/**
 * An expression with commands in it; `from` and `to` are its bounds in `source`, between the parentheses. Undefined:
 * more than this small language.
 */
export function readArithmeticIn(
  source: string,
  [from, to]: readonly [from: number, to: number],
  tree: () => ArithmeticExpression | undefined,
  readNested: (script: ParsedScript, start: number, end: number) => Program,
): Arithmetic | undefined {
  const text = source.slice(from, to);
  if (!/\$\(|`/.test(text)) return readArithmetic(text);
  const found: Found[] = [];
  if (text.includes(substitutionMark) || !isPlainlyNested(text) || !collect(tree(), found)) return undefined;
  let marked = '';
  let at = from;
  for (const { start, end } of found) {
    if (start < at || end > to) return undefined;
    marked += source.slice(at, start) + substitutionMark;
    at = end;
  }
  const read = readArithmetic(marked + source.slice(at, to));
  if (read === undefined || read.text.split(substitutionMark).length !== found.length + 1) return undefined;
  const programs = found.map(({ start, end, script }) =>
    readNested(script, start + (source[start] === '`' ? 1 : 2), end - 1),
  );
  return { ...read, programs };
}

/** Whoever counts parentheses, in whatever way, comes to the same pairs, and no backtick holds another. */
function isPlainlyNested(text: string): boolean {
  if (/[\\#]/.test(text.replaceAll('10#', '')) || /`[^`]*["'$][^`]*`/.test(text)) return false;
  let depth = 0;
  for (const char of text) {
    if (char === '(') depth++;
    else if (char === ')' && --depth < 0) return false;
  }
  return depth === 0;
}

/** The substitutions of an expression in the order they stand; false when there is anything else we cannot take apart. */
function collect(node: ArithmeticExpression | undefined, into: Found[]): boolean {
  switch (node?.type) {
    case 'ArithmeticBinary':
      return collect(node.left, into) && collect(node.right, into);
    case 'ArithmeticUnary':
      return collect(node.operand, into);
    case 'ArithmeticTernary':
      return collect(node.test, into) && collect(node.consequent, into) && collect(node.alternate, into);
    case 'ArithmeticGroup':
      return collect(node.expression, into);
    case 'ArithmeticCommandExpansion': {
      if (node.script === undefined) return false;
      into.push({ start: node.pos, end: node.end, script: node.script });
      return true;
    }
    case 'ArithmeticWord': {
      for (const part of node.parts ?? []) {
        if (part.type !== 'CommandExpansion') continue;
        if (part.script === undefined) return false;
        into.push({ start: part.pos, end: part.end, script: part.script });
      }
      return true;
    }
    default:
      return false;
  }
}

/** What may stand in front of an operand; two signs in a row are the start of something else to some shells. */
const isPrefix = (operator: string): boolean => /^(?:[-+!~(]|\+\+|--)$/.test(operator);
const isAssigning = (operator: string): boolean =>
  operator.endsWith('=') && !['==', '!=', '<=', '>='].includes(operator);

/**
 * Undefined: more than this small language.
 * HOSTILE: an expression that is none (`$((1+))`) is an error, behind which bash runs nothing more of the line.
 */
export function readArithmetic(source: string): Arithmetic | undefined {
  if (source.length > 400) return undefined;
  const names = new Set<string>();
  const assigned = new Set<string>();
  const parts: string[] = [];
  let last: { kind: 'name' | 'operand' | 'operator'; text: string } | undefined;
  /** Behind these a name may be set. */
  let isAtStart = true;
  let stepPending = false;
  /** For each parenthesis that is open, and for the whole: how many `?` wait for their `:`. */
  const open = [0];
  let prefix = '';
  token.lastIndex = 0;
  while (token.lastIndex < source.length) {
    const match = token.exec(source);
    if (match === null) return undefined;
    const groups = match.groups ?? {};
    if (groups.base !== undefined) {
      if (last !== undefined && last.kind !== 'operator') return undefined;
      // What follows is glued to it.
      prefix = groups.base;
    } else if (groups.substitution !== undefined) {
      if ((last !== undefined && last.kind !== 'operator') || stepPending) return undefined;
      last = { kind: 'operand', text: match[0] };
      parts.push(prefix + substitutionMark);
      prefix = '';
    } else if (groups.number !== undefined || groups.braced !== undefined || groups.dollar !== undefined) {
      if ((last !== undefined && last.kind !== 'operator') || stepPending) return undefined;
      const variable = groups.braced ?? groups.dollar;
      if (variable !== undefined && variable !== '#' && variable !== '?') names.add(variable);
      last = { kind: 'operand', text: match[0] };
      parts.push(variable === undefined ? match[0] : `${prefix}\${${variable}}`);
      prefix = '';
    } else if (groups.name !== undefined) {
      if (last !== undefined && last.kind !== 'operator') return undefined;
      isAtStart = last === undefined || (!stepPending && (/^[(,?]$/.test(last.text) || isAssigning(last.text)));
      names.add(groups.name);
      if (stepPending) assigned.add(groups.name);
      // A name that was stepped is no place to put anything.
      last = { kind: stepPending ? 'operand' : 'name', text: groups.name };
      parts.push(groups.name);
      stepPending = false;
    } else if (groups.operator !== undefined) {
      const operator = groups.operator;
      const isStep = operator === '++' || operator === '--';
      if (stepPending) return undefined;
      if (last === undefined || last.kind === 'operator') {
        if (!isPrefix(operator)) return undefined;
        stepPending = isStep;
        if (operator === '(') open.push(0);
        last = { kind: 'operator', text: operator };
      } else if (isStep || isAssigning(operator)) {
        if (last.kind !== 'name' || (!isStep && !isAtStart)) return undefined;
        assigned.add(last.text);
        last = { kind: isStep ? 'operand' : 'operator', text: operator };
      } else {
        if (/^[(!~]$/.test(operator) || !closes(open, operator)) return undefined;
        last = { kind: operator === ')' ? 'operand' : 'operator', text: operator };
      }
      parts.push(operator);
    }
  }
  if (open.length !== 1 || open[0] !== 0 || last === undefined || last.kind === 'operator') return undefined;
  return { text: parts.join(' '), names: [...names], assigned: [...assigned], programs: nothing };
}

/** Counts what an operator behind an operand ends or begins; false when there is nothing for it to end. */
function closes(open: number[], operator: string): boolean {
  const at = open.length - 1;
  const waiting = open[at] ?? 0;
  if (operator === '?') open[at] = waiting + 1;
  else if (operator === ':') {
    open[at] = waiting - 1;
    return waiting > 0;
  } else if (operator === ')') {
    open.pop();
    return open.length > 0 && waiting === 0;
  }
  return true;
}

/** What the words of `let` set, all of them numbers; undefined when one of them cannot be read. */
export function setByLet(raws: readonly string[]): readonly string[] | undefined {
  const names: string[] = [];
  for (const raw of raws) {
    const read = readLet(raw);
    if (read === undefined) return undefined;
    names.push(...read.assigned);
  }
  return names;
}

/** A word of `let`, as it is written: in quotes, or with nothing that could be a file's name instead. */
export function readLet(raw: string): Arithmetic | undefined {
  const quoted = /^(["'])([^"'`\\]*)\1$/.exec(raw);
  if (quoted !== null) return quoted[1] === "'" && raw.includes('$') ? undefined : readArithmetic(quoted[2] ?? '');
  return /^[\w$+\-/%=]+$/.test(raw) ? readArithmetic(raw) : undefined;
}
