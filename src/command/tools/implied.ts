/**
 * What a command does besides the words that were given: what its description adds, and what it takes when it is given
 * nothing (`grep -r x` searches the working directory).
 */
import type { Word } from '../model.ts';
import { nothing } from '../shell/short-list.ts';
import type { Added, ToolCommand } from './compile.ts';
import type { Assigned } from './parsed.ts';
import { isUnseen, maySplit } from './word.ts';

export function impliedWords(
  { adds, without }: ToolCommand,
  added: readonly Added[],
  placed: readonly Assigned[],
  tool: Word | undefined,
): readonly Assigned[] {
  if (adds.length === 0 && added.length === 0 && without.length === 0) return nothing;
  const defaults = without.filter(({ slot }) => !placed.some(({ of, word }) => of === slot && isSurelyThere(word)));
  if (adds.length === 0 && added.length === 0 && defaults.length === 0) return nothing;
  const span = tool?.span ?? [0, 0];
  return [...adds, ...added, ...defaults].map(({ text, role }) => {
    return { role, word: { kind: 'known', value: text, raw: text, span }, of: 'itself' };
  });
}

/** `$x` may come to no word at all, and so may what xargs is given. */
const isSurelyThere = (word: Word): boolean => word.kind === 'known' || !(isUnseen(word) || maySplit(word));
