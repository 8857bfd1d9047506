/** What is written where files are copied, moved or linked to: the place that is named or, if it is a directory, names in it. */
import type { PathObject, Word } from '../model.ts';
import type { Pieces } from './apply.ts';
import type { Draft } from './draft.ts';
import type { Assigned, Parsed } from './parsed.ts';
import { changed } from './path.ts';

interface Copied {
  readonly word: Word;
  /** It is or may be a directory that is taken with all that is in it. */
  readonly isDeep: boolean;
}

/** HOSTILE: each copy is compared with every pattern of a policy; of more of them whatever lies there counts. */
const maxNamed = 64;

export function applyInto({ word, of }: Assigned, { assigned }: Parsed, draft: Draft, pieces: Pieces): void {
  // HOSTILE: `cp -t d -t d …`. Tools refuse a second target, and nobody needs to know what would be in it.
  if (pieces.hasTarget) {
    draft.into(word, (place) => changed(place, { isDeep: true }));
    return;
  }
  pieces.hasTarget = true;
  const sources = assigned.filter((each) => each.of === 'source').map(copied);
  const isDirectory =
    of.startsWith('-') || sources.length > 1 || (word.kind === 'known' && /(?:^|\/)\.{0,2}$/.test(word.value));
  draft.into(word, (place) => reached(place, sources, isDirectory));
}

function copied({ role, word }: Assigned): Copied {
  return { word, isDeep: role.kind === 'path' && (role.isTree || role.isDeep === true) };
}

function reached(place: PathObject, sources: readonly Copied[], isDirectory: boolean): PathObject {
  // Of a place that nobody knows every name below its beginning counts as it is.
  if (place.isPrefix) return place;
  const inside = sources.length > maxNamed ? [undefined] : sources.map((source) => within(place, source));
  const isDeep = inside.includes(undefined) || (!isDirectory && sources.some((source) => source.isDeep));
  return changed(place, { isDeep: isDeep || undefined, inside: inside.filter((each) => each !== undefined) });
}

/** HOSTILE: an expression for it tries every letter of a long word as the first. */
function lastName(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end--;
  return path.slice(path.lastIndexOf('/', end - 1) + 1, end);
}

/** Undefined where nobody can say by which name. */
function within(place: PathObject, { word, isDeep }: Copied): PathObject | undefined {
  const text = word.kind === 'known' ? word.value : word.why === 'glob' ? word.raw : '';
  const name = lastName(text);
  const path = `${place.path === '/' ? '' : place.path}/`;
  const deep = isDeep || undefined;
  // `cp -r a/. b` copies what is in it.
  if (word.kind === 'known')
    return /^\.{0,2}$/.test(name) ? undefined : changed(place, { path: path + name, isDeep: deep });
  // A star alone says no name: whatever lies there.
  const saysName = /^(?!\*+$|\.)[\w.@%+=:,*?-]+$/.test(name);
  if (place.isRelative || place.hasParent || !saysName) return undefined;
  return changed(place, { path, isPrefix: true, pattern: path + name, isDeep: deep });
}
