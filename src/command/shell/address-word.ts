/**
 * `curl localhost:8080/items?page=2`: to a shell the question mark is a glob, and to whoever writes it the query of an
 * address.
 *
 * INVARIANT: a word that is taken for text here is printed as text, so no file of the target makes another word of it.
 */
import type { Span, Word } from '../model.ts';
import type { Template } from './syntax.ts';

const address = /^(?:https?:\/\/[\w[.-]|(?:localhost|127\.0\.0\.1)(?::\d+)?\/)/;

/** Undefined for what has more in it that is not known, and is printed part by part. */
export function addressWord({ parts, raw }: Template, span: Span): Word | undefined {
  const [first] = parts;
  if (first?.kind !== 'text' || !address.test(first.value)) return undefined;
  let value = '';
  for (const part of parts) {
    if (part.kind === 'text') value += part.value;
    else if (part.kind === 'glob' && part.text === '?') value += '?';
    else return undefined;
  }
  return { kind: 'known', value, raw, span };
}
