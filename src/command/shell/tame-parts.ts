/** How tame a word of several parts is. */
import type { Below, Tame, Word } from '../model.ts';

export const isOneWord = (tame: Tame | undefined): boolean =>
  tame === 'word' || tame === 'number' || tame === 'integer';

/** What a word comes to with more behind it; one that may begin with a dash still may. */
export const followed = (tame: Tame, isPlain: boolean): Tame | undefined => {
  if (tame === 'integer') return undefined;
  return isOneWord(tame) && isPlain ? 'word' : 'text';
};

/**
 * The substitution a word begins with prints something on every machine. HOSTILE: not every machine has hostname or nproc, and
 * pgrep may find nothing.
 */
export const printsAlways = (raw: string): boolean =>
  /^"?\$\((?:date (?:\+[\w.:%/-]+|"\+[\w.:%/-]+"|'\+[\w.:%/-]+')|id -u|uname(?: -[rmsn])?)\)/.test(raw);

/** Nothing that a shell expands or splits, and no `=`, which would make a setting of a name. */
export const isPlainText = (text: string): boolean => /^[\w./:@%+,-]*$/.test(text);

/** Splitting and globbing change nothing in a value of these characters. */
export const isInert = (value: string): boolean => !/[\s*?[\]\\]/.test(value);

/** Variables that are one plain word wherever sshd or a shell sets them. */
export const oneWord = /^(?:USER|LOGNAME|HOSTNAME|HOSTTYPE|MACHTYPE|OSTYPE)$/;

/** Where it lies is known. */
export const isPlaced = (word: Word): word is Word & { kind: 'dynamic'; below: Below } =>
  word.kind === 'dynamic' && word.below !== undefined;
