/**
 * Names of files that lead to another machine: below `/net` an automounter asks the host of that name, below `/afs` the
 * servers of that cell, and both look the name up.
 */
import type { Effect, PathObject } from '../model.ts';
import { meet, wildcard } from './place.ts';

export const automountEffect: Effect = {
  kind: 'network',
  why: 'an automounter may ask the host that the path names',
};

/** Whether one of what a command touches is there. */
export function touchesAway(paths: readonly PathObject[]): boolean {
  for (const { path, pattern } of paths) if (leadsAway(pattern ?? path)) return true;
  return false;
}

/** What begins so may be such a name: most paths are told apart by it. */
const mayBegin = new Set(['n', 'a', 'p', '*', '?', '[']);
/** By way of the directory a process is in. */
const throughProcess = /^\/proc\/[^/]+\/(?:task\/[^/]+\/)?cwd\/(?:.*\/)?(?:net|afs)\//;

export function leadsAway(path: string): boolean {
  if (path[0] !== '/' || !mayBegin.has(path[1] ?? '')) return false;
  if (path.startsWith('/net/') || path.startsWith('/afs/')) return true;
  if (path[1] === 'p') return path.startsWith('/proc/') && throughProcess.test(path);
  // The shell asks for no name that it does not find, but for every one that is written.
  const [, first = '', second = ''] = path.split('/', 3);
  const isNamed = wildcard.test(first) && second.includes('.') && !wildcard.test(second);
  return isNamed && (meet(first, 'net') || meet(first, 'afs'));
}
