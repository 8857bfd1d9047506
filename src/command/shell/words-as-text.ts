/** The text of a word of the tree, where all of it is written. */
import type { Template } from './syntax.ts';

/** Undefined when a part is only known at run time; `$$` stands for itself. */
export function plainText({ parts }: Template): string | undefined {
  let text = '';
  for (const part of parts) {
    if (part.kind === 'text') text += part.value;
    else if (part.kind === 'parameter' && part.name === '$' && part.operation === undefined) text += '$$';
    else return undefined;
  }
  return text;
}
