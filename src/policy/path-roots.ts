/**
 * Below which directories of the root (`/etc`, `/srv`) a command's paths lie, and a rule's patterns begin, as bits: a
 * policy of hundreds of rules has few that speak of the same one.
 *
 * INVARIANT: a command whose paths are not all certain has every bit, and so has a pattern that may begin anywhere.
 */
import type { PathObject, SimpleCommand } from '../command/model.ts';
import { maxPathChars, maxShellPatternChars } from './path-match.ts';
import type { Rule } from './rule.ts';

export type Roots = number;

/** Bit 0 is for directories no rule names. Beyond thirty, several share a bit, which only looks at too many rules. */
const namedBits = 30;
const unnamed: Roots = 1;
export const anyRoot: Roots = 2 ** 31 - 1;

export class PathRoots {
  readonly #bits = new Map<string, Roots>();

  constructor(rules: readonly Rule[]) {
    for (const { matcher } of rules) {
      for (const { roots } of matcher.criteria) {
        for (const root of roots ?? []) {
          if (!this.#bits.has(root)) this.#bits.set(root, 1 << (1 + (this.#bits.size % namedBits)));
        }
      }
    }
  }

  ofPatterns(roots: readonly string[] | undefined): Roots {
    if (roots === undefined) return anyRoot;
    let bits = 0;
    for (const root of roots) bits |= this.#bits.get(root) ?? unnamed;
    return bits;
  }

  ofCommand({ paths, unknowns, hasUnseenArguments }: SimpleCommand): Roots {
    if (unknowns.length > 0 || hasUnseenArguments) return anyRoot;
    let bits = 0;
    for (const path of paths) {
      const root = rootOf(path);
      if (root === undefined) return anyRoot;
      bits |= this.#bits.get(root) ?? unnamed;
    }
    return bits;
  }
}

/** Undefined: it may lie anywhere, as far as anybody knows. */
function rootOf({ path, isPrefix, isRelative, hasParent, pattern }: PathObject): string | undefined {
  if (isRelative || hasParent || path.length > maxPathChars || (isPrefix && pattern === undefined)) return undefined;
  const text = pattern ?? path;
  if (text[0] !== '/' || text[1] === '~' || text.length > (pattern === undefined ? maxPathChars : maxShellPatternChars))
    return undefined;
  const end = text.indexOf('/', 1);
  const root = end === -1 ? text.slice(1) : text.slice(1, end);
  return root === '' || (pattern !== undefined && /[*?[\]\\]/.test(root)) ? undefined : root;
}
