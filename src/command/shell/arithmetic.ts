/**
 * Arithmetic of numbers, plain variables and operators.
 *
 * Shells evaluate the *text* of a variable inside arithmetic (`x='a[$(cmd)]'; ((x))` runs cmd), so the names are
 * handed out and the caller must know that each holds an integer. Subscripts, quotes, substitutions and `base#digits`
 * are not understood.
 */
import type { Arithmetic } from './syntax.ts';

const token =
  /\s+|(?<number>0|[1-9][0-9]{0,17})(?![A-Za-z0-9_#])|\$\{(?<braced>[A-Za-z_][A-Za-z0-9_]*|[#?])\}|\$(?<dollar>[A-Za-z_][A-Za-z0-9_]*|[#?])|(?<name>[A-Za-z_][A-Za-z0-9_]*)|(?<operator><<=|>>=|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||\*\*|[-+*/%&|^]=|[-+*/%<>=!&|^~?:(),])/y;

/** Undefined: more than this small language. */
export function readArithmetic(source: string): Arithmetic | undefined {
  if (source.length > 400) return undefined;
  const names = new Set<string>();
  const assigned = new Set<string>();
  const parts: string[] = [];
  let last: { kind: 'name' | 'operand' | 'operator'; text: string } | undefined;
  let stepPending = false;
  let depth = 0;
  token.lastIndex = 0;
  while (token.lastIndex < source.length) {
    const match = token.exec(source);
    if (match === null) return undefined;
    const groups = match.groups ?? {};
    if (groups.number !== undefined || groups.braced !== undefined || groups.dollar !== undefined) {
      if (last !== undefined && last.kind !== 'operator') return undefined;
      const variable = groups.braced ?? groups.dollar;
      if (variable !== undefined && variable !== '#' && variable !== '?') names.add(variable);
      last = { kind: 'operand', text: match[0] };
      parts.push(variable === undefined ? match[0] : `\${${variable}}`);
      stepPending = false;
    } else if (groups.name !== undefined) {
      if (last !== undefined && last.kind !== 'operator') return undefined;
      names.add(groups.name);
      if (stepPending) assigned.add(groups.name);
      last = { kind: 'name', text: groups.name };
      parts.push(groups.name);
      stepPending = false;
    } else if (groups.operator !== undefined) {
      const operator = groups.operator;
      const isAssignment = operator.endsWith('=') && !['==', '!=', '<=', '>='].includes(operator);
      if (isAssignment || operator === '++' || operator === '--') {
        if (last?.kind === 'name') assigned.add(last.text);
        else if (isAssignment) return undefined;
        else stepPending = true;
      }
      if (operator === '(') depth++;
      if (operator === ')' && --depth < 0) return undefined;
      last = operator === ')' ? { kind: 'operand', text: operator } : { kind: 'operator', text: operator };
      parts.push(operator);
    }
  }
  if (depth !== 0 || parts.length === 0) return undefined;
  return { text: parts.join(' '), names: [...names], assigned: [...assigned] };
}
