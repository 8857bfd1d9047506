/**
 * Which bytes can stand where at the beginning of a piece's text. A table look-up per character tells nearly every place
 * that only looks like the beginning of a secret from one that may be it, so that no regular expression is asked there.
 *
 * INVARIANT: whatever a piece matches agrees with its prefix; a prefix that allows too much only costs time.
 */
export interface Prefix {
  /** Per character, 1 for each byte that may stand there; all 0 where the text is never that long. */
  readonly sets: readonly Uint8Array[];
  /** Bit n: the text can be n characters long; the last bit stands for all longer ones too. */
  readonly lengths: number;
}

/** Where real secrets and chance have parted: a card number needs 13 digits. */
const maxCharacters = 16;

const setOf = (isIn: (code: number) => boolean): Uint8Array =>
  Uint8Array.from({ length: 256 }, (_, code) => (isIn(code) ? 1 : 0));
const nothing = setOf(() => false);
const known = new Map<string, Uint8Array>();

/** `source` is one character of a regular expression: itself, escaped, or a class. */
function setOfSource(source: string): Uint8Array {
  const expression = new RegExp(`^${source}$`, 's');
  const set = known.get(source) ?? setOf((code) => expression.test(String.fromCharCode(code)));
  known.set(source, set);
  return set;
}

const unite = (a: Uint8Array, b: Uint8Array): Uint8Array =>
  a === b || b === nothing ? a : a === nothing ? b : a.map((isIn, code) => isIn | (b[code] ?? 0));
const places = Array.from({ length: maxCharacters }, (_, at) => at);
const canBe = ({ lengths }: Prefix, length: number): boolean => (lengths & (1 << length)) !== 0;

export const emptyPrefix: Prefix = { sets: places.map(() => nothing), lengths: 1 };

/** `min` to `max` times one character. */
export function prefixOfRun(source: string, min: number, max: number): Prefix {
  const set = setOfSource(source);
  let lengths = 0;
  for (let length = min; length <= max; length++) lengths |= 1 << Math.min(length, maxCharacters);
  return { sets: places.map((at) => (at < max ? set : nothing)), lengths };
}

export function prefixOfSequence(a: Prefix, b: Prefix): Prefix {
  const sets = places.map((at) => {
    let set = a.sets[at] ?? nothing;
    for (let length = 0; length <= at; length++) {
      if (canBe(a, length)) set = unite(set, b.sets[at - length] ?? nothing);
    }
    return set;
  });
  let lengths = 0;
  for (let first = 0; first <= maxCharacters; first++) {
    for (let second = 0; second <= maxCharacters; second++) {
      if (canBe(a, first) && canBe(b, second)) lengths |= 1 << Math.min(first + second, maxCharacters);
    }
  }
  return { sets, lengths };
}

export function prefixOfEither(a: Prefix, b: Prefix): Prefix {
  return {
    sets: places.map((at) => unite(a.sets[at] ?? nothing, b.sets[at] ?? nothing)),
    lengths: a.lengths | b.lengths,
  };
}

/** Sets of the characters that every text has; behind the shortest one anything may follow. */
export function certainSets(prefix: Prefix): readonly Uint8Array[] {
  const shortest = places.findIndex((length) => canBe(prefix, length));
  return shortest < 0 ? prefix.sets : prefix.sets.slice(0, shortest);
}

/** What a lookbehind for one character, `(?<!…)` with a class, does not want there; undefined for any other. */
export function barredBefore(lookbehind: string): Uint8Array | undefined {
  const source = /^\(\?<!(\[(?:[^\]\\]|\\.)+\])\)$/.exec(lookbehind)?.[1];
  return source === undefined ? undefined : setOfSource(source);
}
