/**
 * Whether its words keep a tool from its stdin: `cat notes.txt` reads a file instead, `cat - notes.txt` does not.
 *
 * INVARIANT: where the answer is yes it reads nothing of its stdin, whatever the words come to and however files are called.
 */
import type { DynamicWord } from '../dynamic-word.ts';
import type { Word } from '../model.ts';
import type { Assigned, Parsed } from './parsed.ts';
import type { Role } from './role.ts';

/** Words that name no file. */
const unread: ReadonlySet<Role['kind']> = new Set(['text', 'number', 'none', 'variable', 'one-of', 'text-without']);

export function leavesStdin({ assigned, given, command: { stdinUnless } }: Parsed): boolean {
  if (given.has('--version') || given.has('--help')) return true;
  if (stdinUnless.some((name) => name.startsWith('!') && given.has(name.slice(1)))) return false;
  const programs = assigned.filter(({ role }) => role.kind === 'program');
  const isAwk = programs.some(({ role }) => role.kind === 'program' && role.language === 'awk');
  if (isAwk && programs.some(({ word }) => word.kind === 'dynamic' || takesWordsAway.test(word.value))) return false;
  const files = assigned.filter(({ role }) => role.kind !== 'program' && !unread.has(role.kind));
  if (files.some(mayBeStdin)) return false;
  return stdinUnless.some(
    (name) =>
      given.hasSurely(name) &&
      (name.startsWith('-') || files.some(({ of, word }) => of === name && isFile(word, isAwk))),
  );
}

/** An awk program reads what it likes, and changes its own operands. */
const takesWordsAway = /getline|ARG[CV]|SYMTAB/;

/** A dash is stdin, and so to awk is a name of nothing; a list of files may hold a dash. */
function mayBeStdin({ role, word }: Assigned): boolean {
  if (role.kind === 'path-named' || role.kind === 'path-list') return true;
  if (word.kind === 'known') return word.value === '' || word.value === '-' || /^ARG[CV]=/.test(word.value);
  return word.prefix === '' ? !isOtherGlob(word) : word.prefix.startsWith('-');
}

/** HOSTILE: `*` fits a file called `-`, while `*.md` does not. */
const isOtherGlob = ({ why, raw }: DynamicWord): boolean =>
  why === 'glob' && /^[\w./*?-]+$/.test(raw) && /\.[A-Za-z_]/.test(raw);

/** `sort +1` is a key, `od +10` an offset, and `awk 1 x=1` sets a variable. */
function isFile(word: Word, isAwk: boolean): boolean {
  const text = word.kind === 'known' ? word.value : word.prefix;
  if (text.startsWith('+')) return false;
  return !isAwk || (!/^[^/]*=/.test(text) && (word.kind === 'known' || text.includes('/')));
}
