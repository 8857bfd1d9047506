/** What scp and rsync take: a place of another machine, or a path of this one. */
import type { Word } from '../model.ts';
import type { Draft } from './draft.ts';
import { textOf } from './word.ts';

/** A remote place has a colon before any slash; a local path with a colon is written `./a:b`. */
export function applyRemotePath(access: 'read' | 'write', word: Word, draft: Draft): void {
  const text = textOf(word);
  const url = /^(?:rsync|scp|sftp):\/\//.test(text);
  const colon = text.indexOf(':');
  const slash = text.indexOf('/');
  const isRemote = url || (colon > 0 && (slash < 0 || colon < slash));
  const direction = access === 'read' ? 'download' : 'upload';
  if (isRemote) {
    const host = url ? word : head(word, colon);
    draft.host(host, direction, url);
    return;
  }
  if (word.kind === 'dynamic' && slash < 0) draft.host(word, direction, false);
  const from = draft.paths.length;
  draft.path(access, word, `${draft.tool} ${access}s a file`, access === 'read');
  if (access === 'write') draft.deepen(from);
}

function head(word: Word, length: number): Word {
  return { kind: 'known', value: textOf(word).slice(0, length), raw: textOf(word).slice(0, length), span: word.span };
}
