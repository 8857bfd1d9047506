/** Words that name a place of another machine, or of this one. */
import type { Word } from '../model.ts';
import type { Draft } from './draft.ts';
import { tail, textOf } from './word.ts';

/** For scp and rsync a remote place has a colon before any slash; a local path with a colon is written `./a:b`. */
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

const scheme = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//;

/** What git fetches from or pushes to: a URL, `[account@]host:path`, a directory, or a remote of the configuration. */
export function applyRepository(word: Word, draft: Draft): void {
  const text = textOf(word);
  const colon = text.indexOf(':');
  const slash = text.indexOf('/');
  if (scheme.test(text)) draft.host(word, 'connect', true);
  else if (colon > 0 && (slash < 0 || colon < slash)) draft.host(head(word, colon), 'connect', false);
  else if (word.kind === 'dynamic' && slash < 0) draft.host(word, 'connect', false);
  else if (slash >= 0 || text.startsWith('.')) draft.path('read', word, `${draft.tool} reads a repository`, true);
}

/** HOSTILE: begun in the middle of a scheme as well, a long word would be read once for each of its letters. */
const url = /(?<![A-Za-z0-9+.-])([0-9+.-]*)([A-Za-z][A-Za-z0-9+.-]*:\/\/[^\s'"<>/][^\s'"<>]*)/g;

/** Of a tool that contacts somebody and has no word of its own for whom: the URLs among its words (`pip install URL`). */
export function noteHosts(argv: readonly Word[], draft: Draft): void {
  if (draft.hosts.length > 0 || !draft.effects.some(({ kind }) => kind === 'network')) return;
  for (const word of argv) {
    const text = textOf(word);
    if (!text.includes('://')) continue;
    for (const { 1: before = '', 2: found = '', index } of text.matchAll(url)) {
      const start = index + before.length;
      const isWhole = word.kind === 'known' || start + found.length < text.length;
      const known = { kind: 'known', value: found, raw: found, span: word.span } as const;
      draft.host(isWhole ? known : tail(word, start), 'connect', true);
    }
  }
}

function head(word: Word, length: number): Word {
  return { kind: 'known', value: textOf(word).slice(0, length), raw: textOf(word).slice(0, length), span: word.span };
}
