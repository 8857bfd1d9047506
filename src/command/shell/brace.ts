/** `{a,b}` and `{1..5}`, written out. */
import type { Part } from './syntax.ts';

/** Words that one pair of braces is written out to. */
const maxAlternatives = 64;

/**
 * Where the first pair of braces is that is written out; -1 for none.
 * HOSTILE: each pair multiplies the words; `{a,b}` twenty-five times is 33 million.
 */
export function braceIn(parts: readonly Part[]): number {
  let first = -1;
  let count = 0;
  for (let i = 0; i < parts.length; i++) {
    if (parts[i]?.kind !== 'brace') continue;
    if (++count > 2) return -1;
    if (first === -1) first = i;
  }
  return first;
}

/** What `{a,b}` or `{1..5}` stands for; undefined for more than we write out. */
export function expandBrace(part: Part | undefined): readonly string[] | undefined {
  if (part?.kind === 'brace' && part.isEither === true) return undefined;
  const inner = part?.kind === 'brace' ? part.text.slice(1, -1) : '';
  const range = /^(?:(0|-?[1-9][0-9]{0,5})\.\.(0|-?[1-9][0-9]{0,5})|([a-z])\.\.([a-z])|([A-Z])\.\.([A-Z]))$/.exec(
    inner,
  );
  if (range === null) {
    const items = inner.split(',');
    return items.length > 1 && items.length <= maxAlternatives && !inner.includes('..') ? items : undefined;
  }
  const isNumeric = range[1] !== undefined;
  const [from, to] = [range[1] ?? range[3] ?? range[5] ?? '', range[2] ?? range[4] ?? range[6] ?? ''];
  const [first, last] = isNumeric ? [Number(from), Number(to)] : [from.charCodeAt(0), to.charCodeAt(0)];
  const count = Math.abs(last - first) + 1;
  if (count > maxAlternatives) return undefined;
  const step = last < first ? -1 : 1;
  return Array.from({ length: count }, (_, i) => {
    const at = first + i * step;
    return isNumeric ? String(at) : String.fromCharCode(at);
  });
}
