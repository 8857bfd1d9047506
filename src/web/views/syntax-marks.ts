/**
 * Where the words of a command lie, from the model that the gate judges: what a reviewer sees in colour is what was
 * understood, and what was not understood has none.
 *
 * INVARIANT: a place is coloured only when the text there is, character for character, the word of the model.
 */
import type { CommandModel, SimpleCommand, Word } from '../../command/model.ts';

export interface TokenMark {
  readonly start: number;
  readonly end: number;
  /** `changing`: its value is known only when it runs; `strange`: a tool nobody described. */
  readonly kind: 'tool' | 'strange' | 'option' | 'quoted' | 'changing' | 'redirect' | 'setting';
}

/** Nobody tells more words apart, and the page is made on the thread that serves everybody. */
const maxTokens = 5_000;

/** In order, without overlaps: of two that meet, the inner one is drawn and the outer one around it. */
export function syntaxMarks(model: CommandModel | undefined): readonly TokenMark[] {
  if (model === undefined) return [];
  const { text } = model;
  const found = new Map<string, TokenMark>();
  const add = (kind: TokenMark['kind'] | undefined, word: Pick<Word, 'span' | 'raw'> | undefined) => {
    if (kind === undefined || word === undefined || found.size >= maxTokens) return;
    const [start, end] = word.span;
    // A word of a nested text (`bash -c '…'`) has no place of its own in this one.
    if (end > start && text.slice(start, end) === word.raw) found.set(`${start} ${end}`, { start, end, kind });
  };
  for (const command of model.commands) {
    for (const [at, word] of command.argv.entries()) add(kindOf(command, word, at), word);
    for (const { target } of command.redirects) add('redirect', target);
    for (const { name, value } of command.assignments) {
      const start = (value?.span[0] ?? 0) - name.length - 1;
      if (start >= 0) add('setting', { raw: `${name}=`, span: [start, start + name.length + 1] });
    }
  }
  return flat([...found.values()]);
}

function kindOf(command: SimpleCommand, word: Word, at: number): TokenMark['kind'] | undefined {
  if (at === 0) return command.tool === undefined ? 'strange' : 'tool';
  if (word.kind === 'dynamic') return 'changing';
  if (word.value.startsWith('-') && word.value.length > 1) return 'option';
  return /^['"$]/.test(word.raw) ? 'quoted' : undefined;
}

/** Cuts outer ranges where inner ones lie, so that one pass over the text can draw them. */
function flat(marks: readonly TokenMark[]): readonly TokenMark[] {
  const sorted = [...marks].sort((a, b) => a.start - b.start || b.end - a.end);
  const flatMarks: TokenMark[] = [];
  const open: TokenMark[] = [];
  let at = 0;
  const draw = (end: number) => {
    const top = open.at(-1);
    if (top !== undefined && end > at) flatMarks.push({ start: at, end, kind: top.kind });
    at = Math.max(at, end);
  };
  for (const mark of sorted) {
    while ((open.at(-1)?.end ?? Number.POSITIVE_INFINITY) <= mark.start) {
      draw(open.at(-1)?.end ?? at);
      open.pop();
    }
    draw(mark.start);
    at = Math.max(at, mark.start);
    // Half inside another: such a place says nothing that could be drawn.
    if (mark.end <= (open.at(-1)?.end ?? mark.end)) open.push(mark);
  }
  while (open.length > 0) {
    draw(open.at(-1)?.end ?? at);
    open.pop();
  }
  return flatMarks;
}
