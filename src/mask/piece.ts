/**
 * Pieces a rule is built of. Each knows two regular expressions: `full` for its whole text and `partial` for every
 * beginning of it, the empty one and the whole included. A stream must hold back what `partial` matches at its end.
 *
 * INVARIANT: `partial` matches at least every prefix of what `full` can match; too much only holds back longer.
 * INVARIANT: every quantifier is bounded.
 */
import { emptyPrefix, type Prefix, prefixOfEither, prefixOfRun, prefixOfSequence } from './prefix.ts';

export interface Piece {
  readonly full: string;
  readonly partial: string;
  readonly maxLength: number;
  readonly prefix: Prefix;
}

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

function characters(sources: readonly string[]): Piece {
  const partial = sources.reduceRight((rest, source) => `(?:${source}${rest})?`, '');
  const prefix = sources.map((source) => prefixOfRun(source, 1, 1)).reduce(prefixOfSequence, emptyPrefix);
  return { full: sources.join(''), partial, maxLength: sources.length, prefix };
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
  const prefix = prefixOfRun(characterClass, min, max);
  return { full, partial: `${characterClass}{0,${max}}`, maxLength: max, prefix };
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
    prefix: pieces.map(({ prefix }) => prefix).reduce(prefixOfSequence, emptyPrefix),
  };
}

export function oneOf(...pieces: readonly Piece[]): Piece {
  return {
    full: `(?:${pieces.map(({ full }) => full).join('|')})`,
    partial: `(?:${pieces.map(({ partial }) => partial).join('|')})`,
    maxLength: Math.max(...pieces.map(({ maxLength }) => maxLength)),
    prefix: pieces.map(({ prefix }) => prefix).reduce(prefixOfEither),
  };
}

export function maybe(piece: Piece): Piece {
  return {
    full: `(?:${piece.full})?`,
    partial: `(?:${piece.partial})?`,
    maxLength: piece.maxLength,
    prefix: prefixOfEither(piece.prefix, emptyPrefix),
  };
}

export function repeat(piece: Piece, min: number, max: number): Piece {
  return {
    full: `(?:${piece.full}){${min},${max}}`,
    partial: `(?:${piece.full}){0,${max}}${piece.partial}`,
    maxLength: piece.maxLength * max,
    prefix: repeatedPrefix(piece.prefix, min, max),
  };
}

function repeatedPrefix(once: Prefix, min: number, max: number): Prefix {
  let [all, times] = [emptyPrefix, emptyPrefix];
  for (let count = 1; count <= max; count++) {
    times = prefixOfSequence(times, once);
    all = count <= min ? times : prefixOfEither(all, times);
  }
  return all;
}

/** What must (`(?<=…)`) or must not (`(?<!…)`) stand before; takes no text of its own. */
export function behind(lookbehind: string): Piece {
  return { full: lookbehind, partial: '', maxLength: 0, prefix: emptyPrefix };
}

/** Condition that `piece` stands here with one of `characterClass` after it, or that the text ends within. */
export function gateOf(piece: Piece, characterClass: string): string {
  return `(?:${piece.full}(?=${characterClass}|$)|${piece.partial}$)`;
}
