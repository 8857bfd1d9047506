/** A word whose text is sent, or a file that it names (`curl -d @file`, `-F name=@file`). */
import type { Word } from '../model.ts';
import type { Draft } from './draft.ts';
import { tail, textOf } from './word.ts';

/** Files whose content is sent: `@file`, `name=@a,b;type=x`, `name=<file`, `name@file`. */
export function applySent(kind: 'data' | 'form', word: Word, draft: Draft): void {
  draft.effect('network', `${draft.called} sends data`);
  const text = textOf(word);
  const marked = kind === 'form' ? text.search(/=[@<]/) + 1 : 0;
  const at = marked > 0 ? marked : kind === 'form' ? text.indexOf('@') : text.startsWith('@') ? 0 : -1;
  if (at < 0) {
    if (word.kind === 'dynamic' && text === '') draft.path('read', word, 'reads a file');
    return;
  }
  const file = tail(word, at + 1);
  if (kind === 'data' || file.kind === 'dynamic') {
    if (textOf(file) !== '-') draft.path('read', file, 'reads a file');
    return;
  }
  for (const part of file.value.split(/[,;]/)) {
    if (part === '-' || part === '' || /^(?:type|filename|headers|encoder)=/.test(part)) continue;
    draft.path('read', { ...file, value: part, raw: part }, 'reads a file');
  }
}
