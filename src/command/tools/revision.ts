/** What git takes for a commit, a path, or a path of a commit: the file is read by its name, in whichever version. */
import type { Word } from '../model.ts';
import { asksByName, asksForPath } from './asked-names.ts';
import type { Draft } from './draft.ts';
import { revisionText } from './path.ts';
import { asGlob, tail, textOf } from './word.ts';

export function applyRevision(word: Word, draft: Draft): void {
  const text = revisionText(word);
  const revision: Word = text === undefined ? word : { kind: 'known', value: text, raw: word.raw, span: word.span };
  // git compares directories as well, those outside the repository too.
  for (const at of pathsBehind(textOf(revision))) draft.path('read', tail(revision, at), 'reads a file', true);
}

/** The same where content is shown, and a pattern may ask for it. */
export function applyVersion(word: Word, draft: Draft): void {
  if (asksForPath(word)) draft.effect('identity', asksByName);
  applyRevision(asGlob(word), draft);
}

/** Where the path begins: behind the first colon, or behind the last (`HEAD@{10:00}:x`, `:0:x`). */
function pathsBehind(text: string): readonly number[] {
  const first = text.indexOf(':') + 1;
  const last = text.lastIndexOf(':') + 1;
  return first === last ? [first] : [first, last];
}
