/**
 * A text of an agent's as HTML: whole, odd characters named, parts wrapped in the class of their verdict.
 *
 * Written as text and not as elements because a hostile command has a hundred thousand characters that each need a mark,
 * and the page is made on the thread that serves everybody.
 *
 * INVARIANT: everything from the text passes through `escapeHtml`; work and size grow with the text, not with its square.
 */
import { type VisiblePiece, visible } from '../../approval/visible.ts';
import { escapeHtml } from '../../html.ts';
import type { TokenMark } from './syntax-marks.ts';

/** Where a part of the command lies in it, so that its verdict can be drawn there. */
export interface PartMark {
  readonly start: number;
  readonly end: number;
  readonly verdict: 'allow' | 'approve' | 'deny';
}

/** Nobody tells more colours apart; finding each costs a search through the text. */
const maxMarks = 200;
const classes = new Map([
  ['allow', 'allow'],
  ['approve', 'approve'],
  ['deny', 'deny'],
] as const);
/** From the mildest to the strictest. */
const strictness = [...classes.keys()];

/**
 * Finds each part's text in the command, in order, or inside of the one before (`find -exec`); a part that is not there word for
 * word is not drawn. HOSTILE: the same word may stand there twice, so what is held is never drawn as less than that.
 */
export function markParts(
  text: string,
  parts: readonly { readonly text: string; readonly verdict: string }[],
): PartMark[] {
  const marks: PartMark[] = [];
  let outer: PartMark | undefined;
  let from = 0;
  let inside = 0;
  for (const part of parts.slice(0, maxMarks)) {
    const verdict = strictness.find((known) => known === part.verdict);
    if (verdict === undefined || part.text === '') continue;
    const start = text.indexOf(part.text, from);
    if (start >= 0) {
      from = start + part.text.length;
      inside = start;
      outer = { start, end: from, verdict };
      marks.push(outer);
    } else if (outer !== undefined && strictness.indexOf(verdict) > strictness.indexOf(outer.verdict)) {
      const at = text.indexOf(part.text, inside);
      const end = at + part.text.length;
      if (at < 0 || end > outer.end) continue;
      inside = end;
      const whole = marks.pop() ?? outer;
      marks.push(...pieces(whole, { start: at, end, verdict }));
    }
  }
  // One part that is everything says nothing by its colour.
  return marks.length === 1 && marks[0]?.start === 0 && from === text.length ? [] : marks;
}

/** What is before, the part itself, and what is behind. */
const pieces = (whole: PartMark, part: PartMark): readonly PartMark[] =>
  [{ ...whole, end: part.start }, part, { ...whole, start: part.end }].filter(({ start, end }) => start < end);

export interface Drawing {
  readonly parts?: readonly PartMark[];
  /** In order, without overlaps. */
  readonly tokens?: readonly TokenMark[];
  /** Whether spaces that hide and line ends are drawn, as in a command, or stay as they are, as in a file of ours. */
  readonly layout?: 'drawn' | 'plain';
}

export function markedHtml(text: string, { parts = [], tokens = [], layout = 'drawn' }: Drawing = {}): string {
  const html: string[] = [];
  let at = 0;
  // Parts lie outside, tokens inside: a token that crosses the edge of a part is closed and opened again.
  const part = new Layer(parts, ({ verdict }) => `part ${verdict}`);
  const token = new Layer(tokens, ({ kind }) => `t-${kind}`);
  const turn = () => {
    if (part.isTurningAt(at)) html.push(token.close(), part.turn(at), token.turn(at));
    else if (token.isTurningAt(at)) html.push(token.turn(at));
  };
  for (const piece of grouped(visible(text))) {
    if (piece.kind !== 'plain') {
      turn();
      html.push(layout === 'drawn' || isOdd(piece) ? drawn(piece) : escapeHtml(piece.original));
      at += piece.original.length;
      continue;
    }
    const end = at + piece.original.length;
    const start = at;
    while (at < end) {
      turn();
      const stop = Math.min(end, part.nextTurn, token.nextTurn);
      html.push(escapeHtml(piece.original.slice(at - start, stop - start)));
      at = stop;
    }
  }
  html.push(token.close(), part.close());
  return html.join('');
}

/** Ranges of one kind, opened and closed as the text goes by. */
class Layer<Mark extends { readonly start: number; readonly end: number }> {
  readonly #marks: readonly Mark[];
  readonly #classOf: (mark: Mark) => string;
  #next = 0;
  #open: Mark | undefined;

  constructor(marks: readonly Mark[], classOf: (mark: Mark) => string) {
    this.#marks = marks;
    this.#classOf = classOf;
  }

  get nextTurn(): number {
    return this.#open?.end ?? this.#marks[this.#next]?.start ?? Number.POSITIVE_INFINITY;
  }

  isTurningAt(at: number): boolean {
    return this.nextTurn <= at;
  }

  /** Closes what ends here and opens what begins or goes on here. */
  turn(at: number): string {
    let html = this.#open !== undefined && at >= this.#open.end ? this.close() : '';
    while ((this.#marks[this.#next]?.end ?? Number.POSITIVE_INFINITY) <= at) this.#next++;
    const mark = this.#marks[this.#next];
    if (this.#open === undefined && mark !== undefined && at >= mark.start) {
      html += `<span class="${this.#classOf(mark)}">`;
      this.#open = mark;
    }
    return html;
  }

  close(): string {
    const isOpen = this.#open !== undefined;
    this.#open = undefined;
    return isOpen ? '</span>' : '';
  }
}

const isOdd = (piece: VisiblePiece) => piece.kind === 'marked' && piece.shown.startsWith('U+');

/** Several equal drawn spaces become one piece: `····` is one mark. */
function grouped(pieces: readonly VisiblePiece[]): VisiblePiece[] {
  const groups: VisiblePiece[] = [];
  for (const piece of pieces) {
    const last = groups.at(-1);
    if (piece.kind === 'marked' && last?.kind === 'marked' && piece.shown === '·' && last.name === piece.name) {
      groups[groups.length - 1] = {
        ...last,
        original: last.original + piece.original,
        shown: last.shown + piece.shown,
      };
    } else {
      groups.push(piece);
    }
  }
  return groups;
}

function drawn(piece: VisiblePiece): string {
  if (piece.kind === 'plain') return escapeHtml(piece.original);
  if (piece.kind === 'newline') return '<span class="eol" aria-hidden="true">↵</span>\n';
  if (isOdd(piece))
    return `<mark class="odd">${piece.shown}<span class="odd-name"> ${escapeHtml(piece.name)}</span></mark>`;
  return `<span class="gap">${piece.original === '\t' ? '→\t' : piece.shown}</span>`;
}
