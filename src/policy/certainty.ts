/**
 * How sure a matcher is. A policy looks at words that are not all known, so a match is not yes or no.
 *
 * INVARIANT: an allow rule counts `certain` only; a deny or approve rule counts everything above `no`.
 */

/** Cannot be. */
export const no = 0;
/** Only by a trick the text does not show: `..` inside a variable, a working directory inside the named one. */
export const conceivable = 1;
/** Some value of a word that is not known matches. */
export const plausible = 2;
/** Every value matches. */
export const certain = 3;

export type Certainty = typeof no | typeof conceivable | typeof plausible | typeof certain;

export function both(a: Certainty, b: Certainty): Certainty {
  return a < b ? a : b;
}

export function either(a: Certainty, b: Certainty): Certainty {
  return a > b ? a : b;
}

/** The best answer over a list; `no` for an empty one. `most` is the best that any can give: then nobody else is asked. */
export function any<T>(items: readonly T[], match: (item: T) => Certainty, most: Certainty = certain): Certainty {
  let best: Certainty = no;
  for (const item of items) {
    best = either(best, match(item));
    if (best >= most) return best;
  }
  return best;
}
