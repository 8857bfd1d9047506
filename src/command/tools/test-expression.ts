/**
 * `test` and `[`: operators stand where the number of words puts them, so a dynamic word may become one.
 *
 * Refuses: `-v` and `-R`, which evaluate a subscript (`test -v 'a[$(id)]'` runs id), and every dynamic word that could
 * become one of them in front of a word that is not known or has a subscript.
 */
import type { Word } from '../model.ts';
import type { ToolCommand } from './compile.ts';
import type { Draft } from './draft.ts';
import { meet } from './place.ts';
import { maySplit, textOf } from './word.ts';

/** HOSTILE: of the names that fit a glob one may be an operator, and the next one what it evaluates (`[ -f * ]`). */
function mayNameOperator(word: Word): boolean {
  if (word.kind === 'known' || word.why !== 'glob' || word.isSingle === true) return false;
  if (word.prefix !== '' && !word.prefix.startsWith('-')) return false;
  return /["'\\]/.test(word.raw) || meet(word.raw, '-v') || meet(word.raw, '-R');
}

const binary = new Set(['-nt', '-ot', '-ef']);

export function readTest(command: ToolCommand, argv: readonly Word[], draft: Draft): void {
  const isBracket = argv[0]?.kind === 'known' && /(?:^|\/)\[$/.test(argv[0].value);
  const last = argv.at(-1);
  const isClosed = last?.kind === 'known' && last.value === ']';
  if (isBracket && !isClosed) draft.unknown('TOOL_TEST_NOT_CLOSED', '[ without ] at its end', last);
  const words = argv.slice(1, isBracket && isClosed ? -1 : undefined);
  for (const [i, word] of words.entries()) {
    const next = words[i + 1];
    if (word.kind === 'dynamic') {
      const isLast = next === undefined || (next.kind === 'known' && !next.value.includes('['));
      const isHarmless = isLast && !maySplit(word) && !mayNameOperator(word);
      if (!isHarmless) {
        draft.unknown('TOOL_WORD_MAY_BE_OPTION', `${word.raw} may become an operator of test; quote it`, word);
      }
    } else if (word.value === '-v' || word.value === '-R') {
      draft.unknown('TOOL_OPTION_UNKNOWN', `test ${word.value} evaluates the subscript of a variable's name`, word);
    } else if (command.options.has(word.value)) {
      if (next !== undefined) draft.entry(next);
      const before = words[i - 1];
      if (binary.has(textOf(word)) && before !== undefined) draft.entry(before);
    }
  }
}
