/**
 * Paths against patterns.
 *
 * INVARIANT: `pathIn` is `certain` only for paths whose place on the target is known: absolute, no `..` that a symbolic
 * link can falsify, and either whole or a pattern of the shell that stays inside; a tree with everything below it.
 *
 * For refusing, a tree is its root and the places that patterns fix below it. A pattern that begins with `**` speaks of
 * files somebody names, not of files a search comes across: whoever wants those held says so by effect or tool.
 */
import type { PathObject } from '../command/model.ts';
import { any, both, type Certainty, certain, conceivable, either, no, plausible } from './certainty.ts';
import type { Glob } from './glob.ts';
import { type ShellPattern, shellPattern } from './shell-pattern.ts';

/** How the model writes a start directory nobody knows (`unknownHome` there). */
const unknownHome = '/~';

export function pathIn(globs: readonly Glob[], path: PathObject): Certainty {
  const placed = placedAtHome(path);
  // Behind a beginning anything may follow, so nobody is surer than this.
  const isOpen = placed.isPrefix && placed.pattern === undefined;
  return any(globs, (glob) => pathMatches(glob, placed), isOpen ? plausible : certain);
}

/** `~/x` and `~name/x` are below a home nobody knows. */
export function placedAtHome(path: PathObject): PathObject {
  if (!path.path.startsWith('~')) return path;
  return { ...path, path: path.path.replace(/^~[^/]*/, unknownHome), isRelative: false };
}

/**
 * For refusing: a path that is written out whole is taken at its word, `..` and all, and so is a beginning behind which
 * everything matches, besides what links could make of them. Wildcards that the shell leaves alone may be the tool's.
 */
export function pathTouches(globs: readonly Glob[], path: PathObject): Certainty {
  const placed = placedAtHome(path);
  if (isMeant(globs, placed)) return certain;
  const pattern = asPattern(placed);
  const named = pathIn(globs, placed);
  const fixed = pattern === undefined ? [] : globs.filter(({ isFloating }) => !isFloating);
  const own = pattern === undefined ? named : either(named, both(plausible, pathIn(fixed, pattern)));
  return hasMore(placed)
    ? either(
        own,
        reachesBelow(globs, placed, (each) => pathTouches(globs, each)),
      )
    : own;
}

/**
 * HOSTILE: for `git rm 'conf?g/x'` and `eslint --fix '/srv/d?/x'` the tools look for the files that fit. Undefined where there is
 * nothing to look for. Patterns that may match in any directory are not held against it, as they are not against a tree.
 */
export function asPattern(path: PathObject): PathObject | undefined {
  const isChanged = path.access === 'write' || path.access === 'delete';
  if (!isChanged || path.isPrefix || !/[*?[]/.test(path.path)) return undefined;
  return { ...path, isPrefix: true, pattern: path.path };
}

/** Of what is removed, moved or written more may be touched than is named. */
export const hasMore = ({ isDeep, inside }: PathObject): boolean => isDeep === true || inside !== undefined;

/**
 * Removed, moved or written as a directory, it takes along what lies at a fixed place below it (`globs`), and a copy lies in
 * it by its own name, of which `touches` is asked.
 */
export function reachesBelow(
  globs: readonly Glob[],
  { path, isPrefix, isDeep, inside }: PathObject,
  touches: (path: PathObject) => Certainty,
): Certainty {
  const isBelow = (glob: Glob): boolean => (isPrefix ? !glob.isFloating && glob.holdsSome(path) : glob.inside(path));
  const isTaken = isDeep === true && globs.some(isBelow);
  return isTaken || inside?.some((each) => touches(each) !== no) === true ? plausible : no;
}

/** One of them names the path as it is written. */
export function isMeant(globs: readonly Glob[], { path, isPrefix, isRelative, pattern }: PathObject): boolean {
  if (isRelative || path.length > maxPathChars || (isPrefix && pattern !== undefined)) return false;
  return globs.some((glob) => (isPrefix ? glob.holdsAll(path) : glob.matches(path)));
}

/**
 * For what was done: a search counts as having met every file below its root, and a glob every file it can name, for
 * patterns that begin with `**` as well.
 */
export function mayHaveMet(globs: readonly Glob[], path: PathObject): boolean {
  if (pathTouches(globs, path) !== no) return true;
  const floating = globs.filter(({ roots }) => roots === undefined);
  if (path.isTree) return floating.some(({ text }) => path.isShown !== true || !hasHiddenName(text));
  if (path.pattern === undefined) return false;
  // A last segment of stars alone says that any name will do, but for a hidden one.
  const pattern = shellPattern(path.pattern.replace(/\/[*?]+$/, '/[!.]*'));
  return floating.some((glob) => glob.overlaps(pattern));
}

/** Whatever its alternatives are. */
const hasHiddenName = (pattern: string): boolean => /\/\.[^/]/.test(pattern.replace(/\{[^{}]*\}/g, ''));

/** PATH_MAX: the kernel refuses anything longer, so nobody needs to compare it. */
export const maxPathChars = 4_096;
/** HOSTILE: comparing two patterns costs the product of their lengths. */
export const maxShellPatternChars = 1_024;

export function isComparable({ path, pattern }: PathObject): boolean {
  return path.length <= maxPathChars && (pattern === undefined || pattern.length <= maxShellPatternChars);
}

function pathMatches(glob: Glob, path: PathObject): Certainty {
  if (!isComparable(path)) return conceivable;
  if (path.isRelative) return relativeMatches(glob, path);
  const atHome = path.path.startsWith(`${unknownHome}/`) ? belowUnknownHome(glob, path) : no;
  return either(atHome, placeMatches(glob, path));
}

/** The home may be any directory, `/` too; but not one inside the directories a policy protects. */
function belowUnknownHome(glob: Glob, path: PathObject): Certainty {
  const relative = path.path.slice(unknownHome.length + 1);
  if (path.pattern !== undefined)
    return glob.overlaps(shellPattern(path.pattern.slice(unknownHome.length))) ? plausible : no;
  if (path.isPrefix) return glob.holdsSome(`/${relative}`) ? plausible : conceivable;
  return glob.below(relative) === 'shown' ? plausible : no;
}

function placeMatches(glob: Glob, path: PathObject): Certainty {
  if (path.pattern !== undefined) return shellPatternMatches(glob, path, path.pattern);
  if (path.isPrefix) {
    // HOSTILE: the unknown rest may hold `..`, so every pattern stays conceivable.
    return glob.holdsSome(path.path) ? plausible : conceivable;
  }
  if (path.isTree && !path.hasParent) return treeMatches(glob, path.path);
  if (glob.matches(path.path)) return path.hasParent ? plausible : certain;
  return path.hasParent ? conceivable : no;
}

function treeMatches(glob: Glob, root: string): Certainty {
  if (glob.matches(root)) return glob.holdsAll(root.replace(/\/?$/, '/')) ? certain : plausible;
  return glob.inside(root) ? plausible : no;
}

/** Whether all that the pattern fits is matched. */
const covers = (glob: Glob, { odd }: ShellPattern): boolean => odd?.every((path) => glob.matches(path)) ?? false;

const keyKind = '(?:kdbx|keytab|p12|pfx|jks|ppk|pem|key)';
/** `**\/*.{pem,key}`: by endings under which no log is put away. */
const asksForKeys = new RegExp(`^\\*\\*/\\*\\.(?:${keyKind}|\\{${keyKind}(?:,${keyKind})*\\})$`);

function shellPatternMatches(glob: Glob, path: PathObject, text: string): Certainty {
  const pattern = shellPattern(text);
  if (path.hasParent) return glob.overlaps(pattern) ? plausible : conceivable;
  if (glob.holdsAll(path.path) || covers(glob, pattern)) return certain;
  // `dir/*` says nothing about a name, so a pattern that may match in any directory is not held against it, as it is
  // not against a tree.
  if (pattern.isAnyName && glob.text.startsWith('**')) return no;
  // Nor do the logs in it say anything about one that asks for keys.
  if (pattern.isLogs && asksForKeys.test(glob.text)) return no;
  return glob.overlaps(pattern) ? plausible : no;
}

/** Below a directory nobody knows: whatever the pattern can reach from somewhere. */
function relativeMatches(glob: Glob, path: PathObject): Certainty {
  if (path.isPrefix || path.hasParent) return path.path === '' ? plausible : conceivable;
  const where = glob.below(path.path);
  return where === 'shown' ? plausible : where === 'hidden' ? conceivable : no;
}
