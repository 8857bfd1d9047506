/** Words that name a place of another machine, or of this one. */
import type { HostObject, Word } from '../model.ts';
import { possibleHost } from './contacted.ts';
import type { Draft } from './draft.ts';
import { tail, textOf } from './word.ts';

/** For scp and rsync a remote place has a colon before any slash; a local path with a colon is written `./a:b`. */
export function applyRemotePath(access: 'read' | 'write', word: Word, draft: Draft): void {
  const direction = access === 'read' ? 'download' : 'upload';
  if (noteHost(word, /^(?:rsync|scp|sftp):\/\//, direction, draft)) return;
  if (isAnyPlace(word)) draft.host(word, direction, false);
  const from = draft.paths.length;
  draft.path(access, word, `${draft.called} ${access}s a file`, access === 'read');
  if (access === 'write') draft.deepen(from);
}

/** What git fetches from or pushes to: a URL, `[account@]host:path`, a directory, or a remote of the configuration. */
export function applyRepository(word: Word, draft: Draft): void {
  if (noteHost(word, /^[A-Za-z][A-Za-z0-9+.-]*:\/\//, 'connect', draft)) return;
  if (isAnyPlace(word)) draft.host(word, 'connect', false);
  else if (/^\.|\//.test(textOf(word))) draft.path('read', word, `${draft.called} reads a repository`, true);
}

/** It names a host, by a URL or in front of a colon that comes before any slash. */
function noteHost(word: Word, scheme: RegExp, direction: HostObject['direction'], draft: Draft): boolean {
  const text = textOf(word);
  const isUrl = scheme.test(text);
  const host = isUrl ? text : /^([^:/]+):/.exec(text)?.[1];
  if (host === undefined) return false;
  draft.host(isUrl ? word : { kind: 'known', value: host, raw: host, span: word.span }, direction, isUrl);
  return true;
}

const isAnyPlace = (word: Word): boolean => word.kind === 'dynamic' && !textOf(word).includes('/');

/** HOSTILE: begun in the middle of a scheme as well, a long word would be read once for each of its letters. */
const url = /(?<![A-Za-z0-9+.-])([0-9+.-]*)([A-Za-z][A-Za-z0-9+.-]*:\/\/[^\s'"<>/][^\s'"<>]*)/g;

/** `host.example/x` (images, modules), `TCP:host.example:80`, `account@host.example:x`. */
const named = /(?:^|[=@,:])((?:[A-Za-z0-9-]+\.)+(?:[A-Za-z][A-Za-z0-9-]+|\d+)|localhost)(?=[:/])/g;

/**
 * Of a tool that contacts somebody and has no word of its own for whom: the URLs among its words (`pip install URL`), and
 * what may be a host's name.
 */
export function noteHosts(argv: readonly Word[], draft: Draft): void {
  if (draft.hosts.length > 0 || !draft.effects.some(({ kind }) => kind === 'network')) return;
  for (const word of argv) {
    const text = textOf(word);
    if (!text.includes('://')) {
      for (const { 1: name = '' } of text.matchAll(named)) draft.hosts.push(possibleHost(name));
      continue;
    }
    for (const { 1: before = '', 2: found = '', index } of text.matchAll(url)) {
      const start = index + before.length;
      const isWhole = word.kind === 'known' || start + found.length < text.length;
      const known = { kind: 'known', value: found, raw: found, span: word.span } as const;
      draft.host(isWhole ? known : tail(word, start), 'connect', true);
    }
  }
}
