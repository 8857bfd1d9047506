/** Words that name services, packages and processes. */
import type { Word } from '../model.ts';
import type { Draft } from './draft.ts';
import type { Role } from './role.ts';

type Named = Extract<Role['kind'], 'service' | 'package' | 'process' | 'process-pattern' | 'process-line'>;

export function applyNamed(kind: Named, word: Word, draft: Draft): void {
  if (kind === 'service') draft.services.push(nameOf(word));
  else if (kind === 'package') draft.packages.push(nameOf(word));
  else draft.processes.push(kind === 'process' ? nameOf(word) : patternOf(kind, word));
}

/** A name, or one that begins so; nothing where that is not known. */
function nameOf(word: Word): string {
  if (word.kind === 'known') return word.value;
  return /^[\w.@-]+$/.test(word.prefix) ? `${word.prefix}*` : '';
}

/** What a letter of an expression means is not worked out: such a process has no name. */
function patternOf(kind: 'process-pattern' | 'process-line', word: Word): string {
  const isPlain = kind === 'process-pattern' && word.kind === 'known' && /^[\w-]+$/.test(word.value);
  return isPlain ? `*${word.value}*` : '';
}
