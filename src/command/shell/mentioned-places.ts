/**
 * What a text says anywhere of places where to look is to act: devices, and names below which an automounter asks other
 * machines.
 *
 * A name may come to a command by a pipe, a here-string, an argument or a list, and is then not known there. It is taken for
 * a file's like any other, but not in a text that names such a place. HOSTILE: who builds the name of letters is not seen
 * here; what is known of a word is looked at where it is used.
 */
import type { PathObject, Word } from '../model.ts';
import { homeOfDevices, mayActWhenOpened } from '../tools/opened.ts';
import { moveTo } from './directory.ts';

/** `/dev` where a path begins: `/srv/dev` is none. */
const device = /(?<![\w./])\/+dev(?:\/+([\w./*?[\]-]*)|(?![\w.-]))/g;
const ofProcess = /\/proc\/+[^/\s]+\/+(?:root|cwd|fd|map_files|task)\b/;
/** Names of everything, devices among them. */
const everything = /\b(?:find|du|tree)\s(?:[^|;&\n]{0,200}\s)?["']?\/+["']?(?=[\s;|&)`]|$)/;
/** `/` as a word, or at the end of one: most texts name no such place, and are told by this. */
const root = /\s["']?\/+["']?(?=[\s;|&)`]|$)/;
const host = /(?<![\w./])\/+(?:net|afs)(?![\w.-])/;

export function mayNameDevices(text: string): boolean {
  if (text.includes('/dev')) {
    for (const [, name = ''] of text.matchAll(device)) if (opensOther(`/dev/${name}`)) return true;
  }
  return (text.includes('/proc') && ofProcess.test(text)) || (root.test(text) && everything.test(text));
}

const opensOther = (path: string): boolean =>
  mayActWhenOpened({ access: 'read', path, isPrefix: false, isRelative: false, hasParent: false }, false);

/** The same of a word that is known, however it is written: `"/d""ev/x"`, `/$p/x`, `dev/x` where the shell may be in `/`. */
export function isNameOfDevice(word: Word, directories: readonly (string | undefined)[]): boolean {
  if (word.kind === 'dynamic') return word.why === 'tilde' && homeOfDevices.test(word.raw);
  if (!word.value.includes('dev') && !word.value.includes('proc')) return false;
  return directories.some((from) => opensOther(moveTo(word.value, from ?? '/') ?? ''));
}

/** A command that was told where to look lists names from there: `find .` behind `cd /`, `find /d*`. */
export const mayListDevices = (paths: readonly PathObject[]): boolean =>
  paths.some((path) => beginsSo.test(path.pattern ?? path.path) && mayActWhenOpened(path, true));

/** Most paths are told apart by this. */
const beginsSo = /^(?:[^/]|\/(?:$|[dp/*?[]))/;

export const mayNameHosts = (text: string): boolean =>
  (text.includes('/net') || text.includes('/afs')) && host.test(text);
