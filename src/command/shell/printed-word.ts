/**
 * A word with a variable in it that holds what a substitution of the text printed: `app-$D.log` behind `D=$(date +%F)`, read
 * as if the substitution stood there.
 */
import type { Value } from './shell-state.ts';
import type { Template } from './syntax.ts';

/** Undefined when something else in it is not known either. */
export function printedWord({ parts }: Template, held: (name: string) => Value | undefined): string | undefined {
  let text = '';
  for (const part of parts) {
    const isPlain = part.kind === 'parameter' && part.operation === undefined && part.index === undefined;
    const value = isPlain && !part.isLength ? held(part.name) : undefined;
    if (part.kind === 'text') text += part.value;
    else if (value?.kind === 'known') text += value.value;
    else if ((value?.kind === 'tame' || value?.kind === 'prefix') && value.printed !== undefined) text += value.printed;
    else return undefined;
  }
  return text;
}
