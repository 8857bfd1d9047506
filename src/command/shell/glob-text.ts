/**
 * The glob that a word of several parts is: `"$dir"/*.log`, and `"$f/size"` in a loop over `/sys/block/*`.
 *
 * INVARIANT: every value of the word fits the glob by its text, for what stands around a wildcard is plain text, and
 * what a loop's variable holds is a name that fits the loop's glob or, where none does, that glob itself.
 */
import type { DynamicWord } from '../dynamic-word.ts';
import type { Expansion, ExpansionListener } from './expansion.ts';
import type { Value } from './shell-state.ts';
import type { Part, Template } from './syntax.ts';

/** Nothing that a shell or a pattern reads as something else than itself. */
const plain = /^[\w./@%+:,-]*$/;

/** Undefined where a part is anything else, where no part has a wildcard, and of a word that is one part alone. */
export function globOf(
  template: Template,
  expansion: Expansion,
  lookUp: (name: string) => Value | undefined,
  listener: Pick<ExpansionListener, 'quotes'>,
): Omit<DynamicWord, 'kind' | 'span'> | undefined {
  const { parts } = template;
  if (parts.length === 1) return undefined;
  let text = '';
  let isSingle = true;
  let isBare = false;
  for (const part of parts) {
    const piece = part.kind === 'parameter' ? held(part, lookUp) : written(part);
    if (piece === undefined) return undefined;
    if (part.kind === 'glob') isSingle = false;
    isBare ||= part.kind === 'parameter' && !part.isQuoted && /[*?[]/.test(piece);
    text += piece;
  }
  // In an assignment a wildcard that is written out stands for itself.
  if (expansion === 'single' && !isSingle) return undefined;
  // HOSTILE: out of quotes a name with a blank is two words.
  if (isBare && expansion === 'fields' && !listener.quotes(template)) return undefined;
  // `"$d/size"` of `*/` has two slashes, which are one.
  const raw = text.replace(/\/{2,}/g, '/');
  const at = raw.search(/[*?[]/);
  return at < 0 ? undefined : { why: 'glob', prefix: raw.slice(0, at), raw, isSingle: isSingle ? true : undefined };
}

/** `*` and the like stand for anything: what is done to each of these out of quotes is not taken for what was meant. */
export const saysSomething = (glob: string | undefined): glob is string => glob !== undefined && /\w/.test(glob);

export const oneOf = ({ mayBeMissing }: Value & { kind: 'prefix' }): true | 'or-nothing' =>
  mayBeMissing === true ? 'or-nothing' : true;

function written(part: Part): string | undefined {
  if (part.kind === 'text') return plain.test(part.value) ? part.value : undefined;
  return part.kind === 'glob' && !part.text.startsWith('[') ? part.text : undefined;
}

function held(part: Part & { kind: 'parameter' }, lookUp: (name: string) => Value | undefined): string | undefined {
  if (part.isLength || part.operation !== undefined || part.index !== undefined) return undefined;
  const value = lookUp(part.name);
  if (value?.kind === 'known') return plain.test(value.value) ? value.value : undefined;
  // `"$x/etc/passwd"` of nothing begins at the root.
  if (value?.kind === 'prefix' && value.mayBeMissing === true) return undefined;
  return value?.kind === 'prefix' && (part.isQuoted || saysSomething(value.glob)) ? value.glob : undefined;
}

/** `$x` of `x='logs/*'`: out of quotes it is that glob. */
export function heldGlob(
  value: string,
): { readonly why: 'glob'; readonly prefix: string; readonly raw: string } | undefined {
  const at = value.search(/[*?]/);
  return at >= 0 && /^[\w./@%+:,*?-]+$/.test(value)
    ? { why: 'glob', prefix: value.slice(0, at), raw: value }
    : undefined;
}
