/**
 * HOSTILE: to go to a directory, or to expand a glob, the shell looks there before any command does, and below some names a
 * look asks another machine.
 */
import type { Word } from '../model.ts';
import { leadsAway } from '../tools/automount.ts';
import { textOf } from '../tools/word.ts';
import { moveTo } from './directory.ts';

/** What is known of the word, or its text as it is written, leads to another machine. */
export function reachesAway(word: Word, directories: readonly (string | undefined)[]): boolean {
  const texts = word.kind === 'known' ? [word.value] : [textOf(word), word.raw.replace(/["'\\]/g, '')];
  return texts.some((text) =>
    // Of `/net/$x` nothing is left to be put straight but the slash that says it.
    directories.some(
      (from) => leadsAway(moveTo(text, from) ?? '') || leadsAway(text[0] === '/' ? text : `${from}/${text}`),
    ),
  );
}
