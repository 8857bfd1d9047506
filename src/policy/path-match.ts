/**
 * Paths against patterns.
 *
 * INVARIANT: `pathIn` is `certain` only for paths whose place on the target is known: absolute, no `..` that a symbolic
 * link can falsify, and either whole or a pattern of the shell that stays inside.
 */
import type { PathObject } from '../command/model.ts';
import { any, type Certainty, certain, conceivable, no, plausible } from './certainty.ts';
import type { Glob } from './glob.ts';

export function pathIn(globs: readonly Glob[], path: PathObject): Certainty {
  return any(globs, (glob) => pathMatches(glob, path));
}

/** For refusing: `..` in a path that is written out whole is taken at its word, besides what a link could make of it. */
export function pathTouches(globs: readonly Glob[], path: PathObject): Certainty {
  const isWritten = path.hasParent && !path.isPrefix && !path.isRelative;
  return isWritten && globs.some((glob) => glob.matches(path.path)) ? certain : pathIn(globs, path);
}

function pathMatches(glob: Glob, path: PathObject): Certainty {
  if (path.isRelative) return relativeMatches(glob, path);
  if (path.pattern !== undefined) return shellPatternMatches(glob, path, path.pattern);
  if (path.isPrefix) {
    // HOSTILE: the unknown rest may hold `..`, so every pattern stays conceivable.
    return glob.prefix(path.path) === 'none' ? conceivable : plausible;
  }
  if (glob.matches(path.path)) return path.hasParent ? plausible : certain;
  return path.hasParent ? conceivable : no;
}

function shellPatternMatches(glob: Glob, path: PathObject, pattern: string): Certainty {
  if (path.hasParent) return glob.overlaps(pattern) ? plausible : conceivable;
  if (glob.prefix(path.path) === 'all') return certain;
  return glob.overlaps(pattern) ? plausible : no;
}

/** Below a directory nobody knows: whatever the pattern can reach from somewhere. */
function relativeMatches(glob: Glob, path: PathObject): Certainty {
  if (path.isPrefix || path.hasParent) return path.path === '' ? plausible : conceivable;
  const where = glob.below(path.path);
  return where === 'shown' ? plausible : where === 'hidden' ? conceivable : no;
}
