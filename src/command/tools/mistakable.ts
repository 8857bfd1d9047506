/**
 * Words that what runs a project's code may take for an option, though they stand where its description has a value or an
 * operand.
 *
 * HOSTILE: of `mocha -g -r=/tmp/x.js` the second word is an option all the same, since yargs gives no value to -g that
 * begins with a dash; pylint looks for `--init-hook=…` before all else, behind `--` too, and cmake, dmypy and others hand
 * on what stands there. Who reads words out of a file `@x` does so wherever the word stands.
 */
import type { Draft } from './draft.ts';
import type { Assigned, Parsed } from './parsed.ts';
import { textOf } from './word.ts';

const dashed = /^-+[^\d-]/;

export function noteMistakable({ command, assigned }: Parsed, draft: Draft): void {
  if (!command.effects.some(({ kind }) => kind === 'execute-code')) return;
  const readsFiles = command.slots.some(({ role }) => readsWordsOfFiles(role));
  for (const { role, word, of } of assigned) {
    // These say themselves which words there may be.
    if (role.kind === 'one-of' || role.kind === 'each-of' || role.kind === 'text-without') continue;
    const text = textOf(word);
    // `-s=/tmp/x`: some take the sign for a part of the value, and others do not.
    const isGlued = text.startsWith('=') && of.startsWith('-');
    if (!dashed.test(text) && !isGlued && !(readsFiles && text.startsWith('@'))) continue;
    draft.unknown(
      'TOOL_VALUE_UNKNOWN',
      `${draft.called} ${of}: ${word.raw} may be taken for something else there`,
      word,
    );
  }
}

const readsWordsOfFiles = (role: Assigned['role']): boolean =>
  role.kind === 'path-not-at' || (role.kind === 'path-without' && role.words.some((each) => each.startsWith('@')));
