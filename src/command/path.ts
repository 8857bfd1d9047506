/**
 * Words → paths: absolute where the directory is known, `.` and `..` resolved textually.
 *
 * Says what it cannot know: `isPrefix` (dynamic), `isRelative` (no directory), `hasParent` (a link can falsify `..`).
 */
import type { PathAccess, PathObject, Word } from './model.ts';

/** Resolves `.`, `..` and repeated slashes; keeps relative paths relative and a trailing prefix as it is. */
export function normalisePath(path: string): string {
  const isAbsolute = path.startsWith('/');
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..' && segments.length > 0 && segments.at(-1) !== '..') segments.pop();
    else if (segment !== '..' || !isAbsolute) segments.push(segment);
  }
  return isAbsolute ? `/${segments.join('/')}` : segments.join('/') || '.';
}

/** The path a word names, seen from a working directory. */
export function pathObject(access: PathAccess, word: Word, workingDirectory: string | undefined): PathObject {
  const text = word.kind === 'known' ? word.value : word.prefix;
  const isPrefix = word.kind === 'dynamic';
  const isForged = isPrefix && word.why !== 'glob' && word.why !== 'process';
  const hasParent = isForged || /(?:^|\/)\.\.(?:\/|$)/.test(text);
  const isRelative = !text.startsWith('/') && (workingDirectory === undefined || (isPrefix && text === ''));
  const whole = text.startsWith('/') || workingDirectory === undefined ? text : `${workingDirectory}/${text}`;
  if (!isPrefix) return { access, path: normalisePath(whole), isPrefix, isRelative, hasParent };
  // A dynamic end may hold `/..`, and nothing before it is certain then: the last segment stays as written.
  const cut = whole.lastIndexOf('/') + 1;
  const head = cut === 0 ? '' : normalisePath(whole.slice(0, cut));
  const path = text === '' ? '' : `${head}${head === '' || head.endsWith('/') ? '' : '/'}${whole.slice(cut)}`;
  return { access, path, isPrefix, isRelative, hasParent };
}
