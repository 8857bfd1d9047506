/**
 * Pieces a rule is built of. Each knows two regular expressions: `full` for its whole text and `partial` for every
 * beginning of it, the empty one and the whole included. A stream must hold back what `partial` matches at its end.
 *
 * INVARIANT: `partial` matches at least every prefix of what `full` can match; too much only holds back longer.
 * INVARIANT: every quantifier is bounded.
 */
export interface Piece {
  readonly full: string;
  readonly partial: string;
  readonly maxLength: number;
}

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

function characters(sources: readonly string[]): Piece {
  const partial = sources.reduceRight((rest, source) => `(?:${source}${rest})?`, '');
  return { full: sources.join(''), partial, maxLength: sources.length };
}

export function literal(text: string): Piece {
  return characters([...text].map(escapeRegExp));
}

/** ASCII letters in either case. */
export function anyCase(text: string): Piece {
  return characters(
    [...text].map((character) => {
      const [lower, upper] = [character.toLowerCase(), character.toUpperCase()];
      return lower === upper ? escapeRegExp(character) : `[${lower}${upper}]`;
    }),
  );
}

/** `min` to `max` characters of a class such as `[A-Z2-7]`. */
export function run(characterClass: string, min: number, max: number): Piece {
  const full = min === max ? `${characterClass}{${min}}` : `${characterClass}{${min},${max}}`;
  return { full, partial: `${characterClass}{0,${max}}`, maxLength: max };
}

export function sequence(...pieces: readonly Piece[]): Piece {
  const partial = pieces.reduceRight(
    (rest, piece) => (rest === '' ? piece.partial : `(?:${piece.full}${rest}|${piece.partial})`),
    '',
  );
  return {
    full: pieces.map(({ full }) => full).join(''),
    partial,
    maxLength: pieces.reduce((sum, { maxLength }) => sum + maxLength, 0),
  };
}

export function oneOf(...pieces: readonly Piece[]): Piece {
  return {
    full: `(?:${pieces.map(({ full }) => full).join('|')})`,
    partial: `(?:${pieces.map(({ partial }) => partial).join('|')})`,
    maxLength: Math.max(...pieces.map(({ maxLength }) => maxLength)),
  };
}

export function maybe(piece: Piece): Piece {
  return { full: `(?:${piece.full})?`, partial: `(?:${piece.partial})?`, maxLength: piece.maxLength };
}

export function repeat(piece: Piece, min: number, max: number): Piece {
  return {
    full: `(?:${piece.full}){${min},${max}}`,
    partial: `(?:${piece.full}){0,${max}}${piece.partial}`,
    maxLength: piece.maxLength * max,
  };
}

/** What must (`(?<=…)`) or must not (`(?<!…)`) stand before; takes no text of its own. */
export function behind(lookbehind: string): Piece {
  return { full: lookbehind, partial: '', maxLength: 0 };
}

/** Condition that `piece` stands here with one of `characterClass` after it, or that the text ends within. */
export function gateOf(piece: Piece, characterClass: string): string {
  return `(?:${piece.full}(?=${characterClass}|$)|${piece.partial}$)`;
}
