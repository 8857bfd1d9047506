/**
 * A list of path patterns, asked together: a path is compared only with the patterns that share a name with it.
 *
 * INVARIANT: leaves out only patterns that answer `no`, or no more than one that is asked; what is not known of a path is
 * compared with all of them.
 */
import type { PathObject } from '../command/model.ts';
import { both, type Certainty, certain, either, plausible } from './certainty.ts';
import type { Glob } from './glob.ts';
import {
  asPattern,
  hasMore,
  isComparable,
  isMeant,
  maxPathChars,
  pathIn,
  pathTouches,
  placedAtHome,
  reachesBelow,
} from './path-match.ts';
import { shellPattern } from './shell-pattern.ts';

/** Of fewer patterns, comparing is quicker than choosing. */
const minIndexed = 4;

export class PathList {
  readonly #all: readonly Glob[];
  readonly #byName = new Map<string, readonly Glob[]>();
  /** Those that may name a path without any of their own names in it. */
  readonly #unnamed: readonly Glob[];
  /** Those that may lie below a directory with other names; by the first name, which others have none of. */
  readonly #fixed: readonly Glob[];
  readonly #fixedAt = new Map<string, readonly Glob[]>();
  readonly #fixedAnywhere: readonly Glob[];
  /** One that all below some directory belongs to: from somewhere every relative path leads there. */
  readonly #open: Glob | undefined;

  constructor(globs: readonly Glob[]) {
    this.#all = globs;
    this.#unnamed = globs.filter(({ names }) => names === undefined);
    this.#fixed = globs.filter(({ isFloating }) => !isFloating);
    this.#fixedAnywhere = this.#fixed.filter(({ roots }) => roots === undefined);
    for (const root of new Set(this.#fixed.flatMap(({ roots }) => roots ?? [])))
      this.#fixedAt.set(
        root,
        this.#fixed.filter(({ roots }) => roots?.includes(root) !== false),
      );
    this.#open = globs.find(({ isOpen }) => isOpen);
    for (const glob of globs) {
      for (const name of glob.names ?? []) this.#byName.set(name, [...(this.#byName.get(name) ?? []), glob]);
    }
  }

  /** `pathIn` any of them. */
  contains(path: PathObject): Certainty {
    if (this.#all.length < minIndexed) return pathIn(this.#all, path);
    const placed = placedAtHome(path);
    return pathIn(this.#candidates(placed, this.#near(placed)), placed);
  }

  /** `pathTouches` any of them. */
  touches(path: PathObject): Certainty {
    if (this.#all.length < minIndexed) return pathTouches(this.#all, path);
    const placed = placedAtHome(path);
    const near = this.#near(placed);
    if (isMeant(near.all, placed)) return certain;
    const named = pathIn(this.#candidates(placed, near), placed);
    const pattern = asPattern(placed);
    const own = pattern === undefined ? named : either(named, both(plausible, pathIn(this.#fixed, pattern)));
    if (!hasMore(placed)) return own;
    const fixed = placed.isPrefix || placed.isRelative ? this.#fixed : this.#fixedBelow(placed.path);
    return either(
      own,
      reachesBelow(fixed, placed, (each) => this.touches(each)),
    );
  }

  /** What may name the path as it is written. */
  #near({ path }: PathObject): Candidates {
    const found = new Candidates(this.#unnamed);
    if (path.length > maxPathChars) return found;
    for (const name of path.split('/')) found.add(this.#byName.get(name));
    return found;
  }

  /** What may lie below a directory that is known. */
  #fixedBelow(path: string): readonly Glob[] {
    const end = path.indexOf('/', 1);
    const root = end === -1 ? path.slice(1) : path.slice(1, end);
    return root === '' ? this.#fixed : (this.#fixedAt.get(root) ?? this.#fixedAnywhere);
  }

  #candidates(placed: PathObject, found: Candidates): readonly Glob[] {
    const { pattern } = placed;
    if (
      this.#open !== undefined &&
      placed.isRelative &&
      !placed.isPrefix &&
      !placed.hasParent &&
      isComparable(placed)
    ) {
      found.add([this.#open]);
      return found.all;
    }
    const isKnown = !placed.isPrefix || pattern !== undefined;
    if (!isKnown || placed.isRelative || placed.hasParent || !isComparable(placed)) return this.#all;
    if (placed.isTree) found.add(pattern === undefined ? this.#fixedBelow(placed.path) : this.#fixed);
    if (pattern === undefined) return found.all;
    const { whole } = shellPattern(pattern);
    if (whole.names === undefined) return this.#all;
    for (const name of whole.names) found.add(this.#byName.get(name));
    for (const [name, globs] of this.#byName) if (whole.fits(name)) found.add(globs);
    return found.all;
  }
}

/** Each once; most paths share a name with none. */
class Candidates {
  readonly #always: readonly Glob[];
  #own: Set<Glob> | undefined;

  constructor(always: readonly Glob[]) {
    this.#always = always;
  }

  get all(): readonly Glob[] {
    return this.#own === undefined ? this.#always : [...this.#own];
  }

  add(globs: readonly Glob[] | undefined): void {
    if (globs === undefined) return;
    this.#own ??= new Set(this.#always);
    for (const glob of globs) this.#own.add(glob);
  }
}
