/** Values of which a description says that only these are known, or all but these. */
import type { Word } from '../model.ts';
import type { Role } from './role.ts';

/** Nothing that a resolver would be asked for: digits and dots, or colons between hexadecimal groups. */
const numericAddress = /^!?(?:\*|[\d.*]+(?:\/\d+)?|\[?[\da-f]*:[\da-f]*:[\da-f:]*\]?(?:\/\d+)?)?(?::(?:[\w-]+|\*))?$/i;

export function isOneOfThese(role: Extract<Role, { kind: 'none-of' | 'each-of' }>, word: Word): boolean {
  if (word.kind !== 'known') return false;
  // HOSTILE: some servers and file systems take `MySQL` for `mysql`.
  if (role.kind === 'none-of') return !role.values.has(word.value.toLowerCase());
  const isBlank = role.separator === 'blank';
  const pieces = isBlank ? word.value.split(/\s+/).filter((piece) => piece !== '') : word.value.split(',');
  const isNamed = (piece: string): boolean =>
    role.beginnings.some((start) => piece.startsWith(start) && /^[\w.-]+$/.test(piece.slice(start.length)));
  return pieces.every(
    (piece) => role.values.has(piece) || (role.hasAddresses && numericAddress.test(piece)) || isNamed(piece),
  );
}
