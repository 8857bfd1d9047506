/**
 * `${…}`: the name, an operation from a list, and operands of plain text, up to exactly the closing brace.
 *
 * Refuses: indirection (`${!x}`), transformations (`${x@P}` runs what x holds), subscripts that are evaluated, slices
 * by anything but numbers.
 */
import type { ParameterExpansionPart, Word } from 'unbash';
import { flagBash, type Verification } from './cursor.ts';
import type { ParameterOperation, Part, Template } from './syntax.ts';
import type { Place } from './verify-word.ts';

/** Undefined: not understood. */
export function readParameter(
  v: Verification,
  part: ParameterExpansionPart,
  isQuoted: boolean,
  template: (word: Word, place: Place) => Template,
): Part | undefined {
  const { source } = v;
  const name = part.parameter;
  const hash = part.prefix === '#' ? 1 : 0;
  const operation = part.operation;
  const index = part.index?.text;
  const subscript = index === undefined ? '' : `[${index}]`;
  const nameEnd = part.pos + 2 + hash + name.length + subscript.length;
  const isPlain =
    part.prefix !== '!' &&
    // Any other subscript is evaluated as arithmetic.
    (index === undefined || (/^(?:[@*]|-?[0-9]{1,9})$/.test(index) && /^[A-Za-z_]/.test(name))) &&
    /^(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])$/.test(name) &&
    source.startsWith(`\${${hash === 1 ? '#' : ''}${name}${subscript}`, part.pos) &&
    source[part.end - 1] === '}' &&
    (operation === undefined ? nameEnd === part.end - 1 : hash === 0 && operation.pos === nameEnd);
  if (!isPlain) return undefined;
  if (index !== undefined) flagBash(v, 'an array', part.pos, part.end);
  if (operation === undefined) return { kind: 'parameter', name, index, isQuoted, isLength: hash === 1, operation };
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
