/**
 * Turns a word that names a file into an object a policy can compare: absolute where the working directory is known,
 * without `.`, `..`, doubled and trailing slashes. `..` is resolved textually, and the object says so.
 */
import { type PathAccess, type PathObject, unknownInteger, type Word } from '../model.ts';
import type { ReadingContext } from '../reading.ts';

/**
 * All that a word may name: beside `/proc/$pid/limits` with a number in it `/proc/limits`, for a number may be nothing
 * and a glob fits no segment that is not there. `hostname -f` without a network prints nothing as well.
 */
export function readPaths(
  access: PathAccess,
  word: Word,
  context: ReadingContext,
): readonly [PathObject, ...PathObject[]] {
  const object = readPath(access, word, context);
  if (word.kind === 'known' || object.pattern === undefined || word.why === 'glob') return [object];
  const bare = word.shape?.replaceAll(unknownInteger, '') ?? printedIn(word)?.replace(namePart, '');
  if (bare?.includes('//') !== true) return [object];
  return [object, readPathText(access, bare, context)];
}

/** What says how secret a place is: digits spell no secret, what stands around them does, and alone it may be all. */
export function placesMeant(word: Word, object: PathObject, context: ReadingContext): readonly PathObject[] {
  if (word.kind === 'known' || object.pattern === undefined) return [object];
  const known = changed(object, { path: object.pattern.replaceAll('*', '0'), isPrefix: false });
  if (word.shape !== undefined)
    return [known, readPathText(object.access, word.shape.replaceAll(unknownInteger, ''), context)];
  // A date or the kernel's release.
  return [word.why === 'substitution' || word.printed !== undefined ? known : object];
}

export function readPath(access: PathAccess, word: Word, context: ReadingContext): PathObject {
  const text = word.kind === 'known' ? word.value : word.prefix;
  const tilde = word.kind === 'dynamic' ? tildeOf(word.raw, context.homeDirectory) : undefined;
  if (tilde !== undefined) {
    const { isPrefix, isHome } = tilde;
    return normalise(access, tilde.path, context, { isPrefix, isHome, isGlob: false });
  }
  const isPrefix = word.kind === 'dynamic';
  const isGlob = isPrefix && word.why === 'glob';
  const object = normalise(access, text, context, { isPrefix, isHome: false, isGlob });
  const pattern = isPrefix ? globOf(globText(word) ?? '', text, object) : undefined;
  return pattern === undefined ? object : changed(object, { pattern });
}

/** What prints how the machine is called, or how many processors it has: letters, digits, dots and dashes. */
export const machineNames = 'uname(?: -[rmsn])?|hostname(?: -[sf])?|nproc';

/** What prints the hash of one commit. */
export const oneCommit = (() => {
  const revision = '[A-Za-z0-9@][\\w./~^@-]*';
  return `git (?:rev-parse(?: --verify)?(?: --short(?:=\\d+)?)? HEAD(?:[~^]\\d*)*|merge-base ${revision} ${revision}|log -1 --(?:format|pretty)=%[Hh])`;
})();

/** Output that is a part of one name, which the text does not choose: no slash, no dot in front, no letters of a format. */
const namePart = (() => {
  const format = '%[YmdHMSFTjuVGyCs](?:[\\d_.:-]|%[YmdHMSFTjuVGyCs])*';
  const time = ` -d (?:[a-z]+|'[a-z\\d -]+'|"[a-z\\d -]+")`;
  const date = `date(?: -u)?(?:${time})? (?:\\+${format}|'\\+${format}'|"\\+${format}"|\\+'${format}'|\\+"${format}")`;
  const command = `${machineNames}|whoami|id -un|${date}|${oneCommit}`;
  return new RegExp(`\\$\\((?:${command})\\)|\`(?:${command})\``, 'g');
})();

/** The word as a glob that fits all it may come to: it is one, or `logs/app-$(date +%F).log`. */
export function globText(word: Word): string | undefined {
  if (word.kind === 'known') return undefined;
  if (word.why === 'glob') return word.raw;
  if (word.shape?.includes(unknownInteger) === true) return numbered(word.shape);
  if (word.printed !== undefined) return numbered(word.printed.replace(namePart, unknownInteger));
  const pattern = printedIn(word)?.replace(namePart, unknownInteger);
  return pattern === undefined || isDots(pattern) ? undefined : pattern.replaceAll(unknownInteger, '*');
}

/** `logs/app-$(date +%F).log`, without the quotes around it. */
function printedIn(word: Word): string | undefined {
  if (word.kind === 'known') return undefined;
  if (word.printed !== undefined) return word.printed;
  if (word.why !== 'substitution' || word.tame === undefined) return undefined;
  return /^"[^"]*"$/.test(word.raw) ? word.raw.slice(1, -1) : word.raw;
}

/** The same of as many as the words select, in whatever order these stand. */
export const manyCommits = (() => {
  const word = '(?:-n ?\\d+|-\\d+|--all|--merges|--no-merges|--reverse|--max-count=\\d+|HEAD(?:[~^]\\d*)*)';
  return `git (?:rev-list(?: ${word})*|log(?: ${word})* --(?:format|pretty)=(?:format:)?%[Hh](?: ${word})*)`;
})();

const commitPart = new RegExp(`\\$\\((?:${oneCommit}|${manyCommits})\\)`, 'g');

/** What a variable is told to hold of these, for a loop over them. */
export const printedCommits = (raw: string): string | undefined =>
  raw.replace(commitPart, '') === '' ? raw : undefined;

/** A revision, as `$(git merge-base main HEAD)..HEAD` is one: a hash is no name of a file. */
export function revisionText(word: Word): string | undefined {
  if (word.kind === 'known') return word.value;
  if (word.tame === undefined && word.printed === undefined) return undefined;
  const text = (word.printed ?? word.raw).replaceAll('"', '').replace(commitPart, '0000000');
  return /^[\w./~^@:-]+$/.test(text) ? text : undefined;
}

/** The same for a variable that is to hold the word, where nothing else in it is unknown. */
export function printedName(word: Word): string | undefined {
  const printed = printedIn(word);
  if (printed === undefined) return undefined;
  const shape = printed.replace(namePart, unknownInteger);
  return shape.includes(unknownInteger) && numbered(shape) !== undefined ? printed : undefined;
}

/** A bracket that was quoted is none in a glob. */
const numbered = (shape: string): string | undefined =>
  /^[\w./@%+=:,\u0001-]+$/.test(shape) && !isDots(shape) ? shape.replaceAll(unknownInteger, '*') : undefined;

/** HOSTILE: of a segment with something in it that may be missing the rest is `..`. */
const isDots = (path: string): boolean =>
  /(?:^|\/)\u0001*(?:\.\u0001+|\u0001+\.|\.\u0001*\.)\u0001*(?:\/|$)/.test(path);

/** Nothing but a glob: no quotes, no expansion, no brace, no negated bracket that shells write differently. */
const plainGlob = /^[\w./@%+=:,*?[\]-]+$/;

/**
 * The whole pattern behind its directory; undefined when a part of it means something else or may leave that place. `logs/*`
 * and a slash are the directories among them: as of a name that is known, the slash is left away.
 */
function globOf(raw: string, prefix: string, object: PathObject): string | undefined {
  if (!plainGlob.test(raw) || !raw.startsWith(prefix) || object.hasParent || object.isRelative) return undefined;
  const rest = raw.slice(prefix.length).replace(/\/$/, '');
  const isOdd = rest
    .split('/')
    .slice(1)
    .some((segment) => segment === '' || segment === '.' || segment === '..');
  return isOdd || mayBeParent(raw) ? undefined : object.path + rest;
}

/**
 * HOSTILE: `.?` and `.*` fit `..`, and dash, busybox and bash before 5.2 expand them to it. Of a bracket only letters, digits and
 * ranges of them are known to hold no dot.
 */
const mayBeParent = (raw: string): boolean =>
  raw.includes('.') && /(?:^|\/)\.(?:\*+|\**(?:[?.]|\[(?!(?:\w-\w|\w)+\])[^/]*)\**)(?:\/|$)/.test(raw);

/**
 * HOSTILE: cmake, npm, pytest and what is written in Ruby expand a `~` that the shell left alone: of `'~/x'` this is what
 * they touch, and the others a file below a directory of that name.
 */
export function readOwnTilde(access: PathAccess, word: Word, context: ReadingContext): PathObject | undefined {
  const text = word.kind === 'known' ? word.value : word.prefix;
  if (!text.startsWith('~') || (word.kind === 'dynamic' && word.why === 'tilde')) return undefined;
  if (!/^~[\w.-]*(?:\/|$)/.test(text)) return undefined;
  const tilde = tildeOf(text, context.homeDirectory);
  if (tilde === undefined) return undefined;
  const isPrefix = tilde.isPrefix || word.kind === 'dynamic';
  return normalise(access, tilde.path, context, { isPrefix, isHome: tilde.isHome, isGlob: false });
}

export function readPathText(access: PathAccess, text: string, context: ReadingContext): PathObject {
  return normalise(access, text, context, { isPrefix: false, isHome: false, isGlob: false });
}

/** What an unquoted `~`, `~/x` or `~name/x` stands for; the name of another account stays in front. */
function tildeOf(
  raw: string,
  home: string | undefined,
): { path: string; isPrefix: boolean; isHome: boolean } | undefined {
  const match = /^~([A-Za-z0-9._-]*)((?:\/[\w.@%+=:,-]*)*)(.*)$/s.exec(raw);
  if (match === null) return undefined;
  const [, account = '', rest = '', more = ''] = match;
  if (account === '' && home !== undefined) return { path: `${home}${rest}`, isPrefix: more !== '', isHome: false };
  if (account === 'root') return { path: `/root${rest}`, isPrefix: more !== '', isHome: false };
  return { path: `~${account}${rest}`, isPrefix: true, isHome: true };
}

interface Kind {
  readonly isPrefix: boolean;
  /** Below a home that is not known. */
  readonly isHome: boolean;
  readonly isGlob: boolean;
}

/** Nothing to resolve: no segment is empty or begins with a dot. */
function isPlain(path: string): boolean {
  return path.length > 1 && path[0] !== '.' && !path.endsWith('/') && !path.includes('//') && !path.includes('/.');
}

/** `.` and `./x` below a directory, without the work of a path that has more to resolve. */
function joined(base: string, text: string, isPrefix: boolean): string {
  if (text === '.' && !isPrefix) return base;
  return text.startsWith('./') && text.length > 2 ? `${base}/${text.slice(2)}` : `${base}/${text}`;
}

function normalise(access: PathAccess, text: string, context: ReadingContext, kind: Kind): PathObject {
  const { isPrefix, isHome, isGlob } = kind;
  const base = context.workingDirectory;
  const isAbsolute = text.startsWith('/');
  // A dynamic word without a known beginning may be absolute; a glob stays below its directory.
  const isFree = isPrefix && text === '' && !isGlob;
  if (isFree) return objectOf(access, '', true, true, false);
  const whole = isAbsolute || base === undefined || isHome ? text : joined(base, text, isPrefix);
  const isRooted = whole.startsWith('/');
  if (isPlain(whole)) return objectOf(access, whole, isPrefix, !isRooted, false);
  const parts: string[] = [];
  let hasParent = false;
  const segments = whole.split('/');
  for (const [i, segment] of segments.entries()) {
    // The last segment of a prefix is not finished: `a/..` may become `a/..b`.
    if (isPrefix && i === segments.length - 1) {
      if (segment === '..') hasParent = true;
      parts.push(segment);
    } else if (segment === '..') {
      hasParent = true;
      if (parts.length > 0 && parts.at(-1) !== '..') parts.pop();
      else if (!isRooted) parts.push('..');
    } else if (segment !== '' && segment !== '.') parts.push(segment);
  }
  const path = `${isRooted ? '/' : ''}${parts.join('/')}`;
  return objectOf(access, path === '' ? '.' : path, isPrefix, !isRooted, hasParent);
}

/**
 * With every property there is: V8 gives an object a hidden class of its own when a spread of it adds one, and whoever
 * looks at it then pays for that.
 */
function objectOf(
  access: PathAccess,
  path: string,
  isPrefix: boolean,
  isRelative: boolean,
  hasParent: boolean,
): PathObject {
  return {
    access,
    path,
    isPrefix,
    isRelative,
    hasParent,
    pattern: undefined,
    isTree: undefined,
    isDeep: undefined,
    inside: undefined,
    isShown: undefined,
    isEntry: undefined,
    isProgram: undefined,
  };
}

/** A copy with something else in it; written out for the same reason. */
export function changed(object: PathObject, change: Partial<PathObject>): PathObject {
  return {
    access: object.access,
    path: change.path ?? object.path,
    isPrefix: change.isPrefix ?? object.isPrefix,
    isRelative: object.isRelative,
    hasParent: object.hasParent,
    pattern: change.pattern ?? object.pattern,
    isTree: change.isTree ?? object.isTree,
    isDeep: change.isDeep ?? object.isDeep,
    inside: change.inside ?? object.inside,
    isShown: change.isShown ?? object.isShown,
    isEntry: change.isEntry ?? object.isEntry,
    isProgram: change.isProgram ?? object.isProgram,
  };
}
