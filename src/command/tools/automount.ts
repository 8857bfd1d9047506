/**
 * Names of files that lead to another machine: below `/net` an automounter asks the host of that name, below `/afs` the
 * servers of that cell, and both look the name up.
 */
import type { Effect, PathObject, Word } from '../model.ts';
import { meet, wildcard } from './place.ts';
import { textOf } from './word.ts';

const effect: Effect = { kind: 'network', why: 'an automounter may ask the host that the path names' };

/** Of what a command touches, where it goes, and what the shell looks for to expand its words. */
export function automountEffect(paths: readonly PathObject[], words: readonly Word[]): Effect | undefined {
  const [called] = words;
  const goes = called?.kind === 'known' && (called.value === 'cd' || called.value === 'pushd');
  const isMounted =
    paths.some(({ path, pattern }) => leadsAway(pattern ?? path)) ||
    words.some((word) => (goes ? leadsAway(textOf(word)) : isGlobAway(word)));
  return isMounted ? effect : undefined;
}

const isGlobAway = (word: Word): boolean => word.kind === 'dynamic' && word.why === 'glob' && leadsAway(word.raw);

function leadsAway(path: string): boolean {
  if (path[0] !== '/') return false;
  if (path.startsWith('/net/') || path.startsWith('/afs/')) return true;
  // The shell asks for no name that it does not find, but for every one that is written.
  const [, first = '', second = ''] = path.split('/', 3);
  const isNamed = wildcard.test(first) && second.includes('.') && !wildcard.test(second);
  return isNamed && (meet(first, 'net') || meet(first, 'afs'));
}
