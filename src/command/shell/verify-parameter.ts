/**
 * `${…}`: the name, an operation from a list, and operands of plain text, up to exactly the closing brace.
 *
 * Refuses: indirection (`${!x}`), transformations (`${x@P}` runs what x holds), subscripts of more than a number or a
 * variable, slices by anything but numbers.
 */
import type { ParameterExpansionPart, Word } from 'unbash';
import { flagBash, type Verification } from './cursor.ts';
import type { ParameterOperation, Part, Template } from './syntax.ts';
import type { Place } from './verify-word.ts';

/** Any other subscript is evaluated as arithmetic, as is what such a variable holds: whoever expands it looks at that. */
const plainSubscript = /^(?:[@*]|-?[0-9]{1,9}|\$?[A-Za-z_][A-Za-z0-9_]*|\$\{[A-Za-z_][A-Za-z0-9_]*\})$/;

/** Undefined: not understood. */
export function readParameter(
  v: Verification,
  part: ParameterExpansionPart,
  isQuoted: boolean,
  template: (word: Word, place: Place) => Template,
): Part | undefined {
  const { source } = v;
  const name = part.parameter;
  const isKeys = part.prefix === '!';
  const hash = part.prefix === '#' ? 1 : 0;
  const mark = isKeys ? '!' : hash === 1 ? '#' : '';
  const operation = part.operation;
  const index = part.index?.text;
  const subscript = index === undefined ? '' : `[${index}]`;
  const nameEnd = part.pos + 2 + mark.length + name.length + subscript.length;
  const isPlain =
    (!isKeys || (index !== undefined && /^[@*]$/.test(index) && operation === undefined)) &&
    (index === undefined || (plainSubscript.test(index) && /^[A-Za-z_]/.test(name))) &&
    /^(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])$/.test(name) &&
    source.startsWith(`\${${mark}${name}${subscript}`, part.pos) &&
    source[part.end - 1] === '}' &&
    (operation === undefined ? nameEnd === part.end - 1 : hash === 0 && operation.pos === nameEnd);
  if (!isPlain) return undefined;
  if (index !== undefined) flagBash(v, 'an array', part.pos, part.end);
  if (operation === undefined) {
    const plain = { kind: 'parameter', name, index, isQuoted, isLength: hash === 1, operation } as const;
    return isKeys ? { ...plain, isKeys } : plain;
  }
  const read = readOperation(v, part, isQuoted, template);
  return read === undefined
    ? undefined
    : { kind: 'parameter', name, index, isQuoted, isLength: false, operation: read };
}

function readOperation(
  v: Verification,
  part: ParameterExpansionPart,
  isQuoted: boolean,
  template: (word: Word, place: Place) => Template,
): ParameterOperation | undefined {
  const operation = part.operation;
  if (operation === undefined || !v.source.startsWith(operation.operator, operation.pos)) return undefined;
  const { operator } = operation;
  if (operation.pos + operator.length !== operation.operatorEnd) return undefined;
  const place = isQuoted ? 'quoted-operand' : 'operand';
  switch (operation.type) {
    case 'Default':
    case 'Remove': {
      const { operand } = operation;
      if (operand.pos !== operation.operatorEnd || operand.end !== part.end - 1) return undefined;
      return { operator, operand: template(operand, place), replacement: undefined };
    }
    case 'Replace': {
      flagBash(v, 'replacing in a parameter expansion', part.pos, part.end);
      const { pattern, replacement } = operation;
      const isSlashed = v.source[pattern.end] === '/' && replacement.pos === pattern.end + 1;
      if (pattern.pos !== operation.operatorEnd || !isSlashed || replacement.end !== part.end - 1) return undefined;
      return {
        operator,
        operand: template(pattern, place),
        replacement: template(replacement, place),
      };
    }
    case 'CaseModification':
      flagBash(v, 'changing case in a parameter expansion', part.pos, part.end);
      if (operation.operand !== undefined && operation.operand.text !== '') return undefined;
      return operation.operatorEnd === part.end - 1
        ? { operator, operand: undefined, replacement: undefined }
        : undefined;
    case 'Slice': {
      flagBash(v, 'slicing in a parameter expansion', part.pos, part.end);
      const range = v.source.slice(operation.operatorEnd, part.end - 1);
      if (!/^(?:[0-9]+| -[0-9]+)(?::-?[0-9]+)?$/.test(range)) return undefined;
      const operand: Template = {
        parts: [{ kind: 'text', value: range, isQuoted: false }],
        raw: range,
        span: [operation.operatorEnd, part.end - 1],
      };
      return { operator, operand, replacement: undefined };
    }
    default:
      return undefined;
  }
}
