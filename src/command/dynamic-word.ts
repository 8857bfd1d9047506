/**
 * Words that are not wholly known. They are made here and nowhere else, so that all have the same fields in the same order:
 * to V8 others are of another kind, and code that has met many kinds of word is slow with every one.
 */
import type { Word } from './model.ts';

export type DynamicWord = Extract<Word, { kind: 'dynamic' }>;

export function dynamicWord({
  why,
  prefix,
  raw,
  span,
  tame,
  isSeveral,
  isSingle,
  shape,
  printed,
  below,
}: Omit<DynamicWord, 'kind'>): DynamicWord {
  return { kind: 'dynamic', why, prefix, raw, span, tame, isSeveral, isSingle, shape, printed, below };
}
