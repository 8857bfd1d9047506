import { type VisiblePiece, visible } from '../../approval/visible.ts';

/** Where a part of the command lies in it, so that its verdict can be drawn there. */
export interface PartMark {
  readonly start: number;
  readonly end: number;
  readonly verdict: string;
}

/** Finds each part's text in the command, in order; a part that is not there word for word is not drawn. */
export function markParts(
  text: string,
  parts: readonly { readonly text: string; readonly verdict: string }[],
): PartMark[] {
  const marks: PartMark[] = [];
  let from = 0;
  for (const part of parts) {
    if (part.text === '') continue;
    const start = text.indexOf(part.text, from);
    if (start < 0) continue;
    from = start + part.text.length;
    marks.push({ start, end: from, verdict: part.verdict });
  }
  return marks;
}

/** The pieces of a text, cut where a part begins or ends, so that a part's edge does not change how a space is drawn. */
function piecesOf(
  text: string,
  marks: readonly PartMark[],
): { readonly verdict: string | undefined; readonly pieces: VisiblePiece[] }[] {
  const runs: { verdict: string | undefined; pieces: VisiblePiece[] }[] = [];
  const edges = marks.flatMap((mark) => [mark.start, mark.end]);
  let at = 0;
  const put = (piece: VisiblePiece) => {
    const verdict = marks.find((mark) => at >= mark.start && at < mark.end)?.verdict;
    const last = runs.at(-1);
    if (last === undefined || last.verdict !== verdict || edges.includes(at)) runs.push({ verdict, pieces: [piece] });
    else last.pieces.push(piece);
    at += piece.original.length;
  };
  for (const piece of visible(text)) {
    if (piece.kind !== 'plain') {
      put(piece);
      continue;
    }
    const start = at;
    const cuts = edges
      .filter((edge) => edge > start && edge < start + piece.original.length)
      .map((edge) => edge - start);
    [...cuts, piece.original.length].reduce((from, to) => {
      if (to > from) put({ kind: 'plain', original: piece.original.slice(from, to) });
      return to;
    }, 0);
  }
  return runs;
}

function Pieces({ pieces }: { readonly pieces: readonly VisiblePiece[] }) {
  return (
    <>
      {pieces.map((piece) => {
        if (piece.kind === 'plain') return piece.original;
        if (piece.kind === 'newline') {
          return (
            <>
              <span class="eol" aria-hidden="true">
                {piece.shown}
              </span>
              {'\n'}
            </>
          );
        }
        if (piece.why === 'space' && piece.shown.length === 1) {
          return <span class="gap">{piece.original === '\t' ? '→\t' : piece.shown}</span>;
        }
        return (
          <mark class="odd" title={`${piece.name} (${piece.shown})`}>
            {piece.shown}
            <span class="odd-name"> {piece.name}</span>
          </mark>
        );
      })}
    </>
  );
}

/** Text of ours that quotes the agent's (a path, a reason): its odd characters are named too. */
export function Quoted({ text }: { readonly text: string }) {
  return <Pieces pieces={visible(text)} />;
}

const known = new Set(['allow', 'approve', 'deny']);

/** A text as it would run: whole, wrapped, every odd character named, each part in the colour of its verdict. */
export function CommandText(props: {
  readonly text: string;
  readonly parts?: readonly { readonly text: string; readonly verdict: string }[];
  readonly isLarge?: boolean;
}) {
  const marks = markParts(props.text, props.parts ?? []);
  // One part that is everything says nothing by its colour.
  const isAll = marks.length === 1 && marks[0]?.start === 0 && marks[0].end === props.text.length;
  const runs = piecesOf(props.text, isAll ? [] : marks);
  return (
    <pre class={props.isLarge === true ? 'command large' : 'command'}>
      <code>
        {runs.map(({ verdict, pieces }) =>
          verdict !== undefined && known.has(verdict) ? (
            <span class={`part ${verdict}`}>
              <Pieces pieces={pieces} />
            </span>
          ) : (
            <Pieces pieces={pieces} />
          ),
        )}
      </code>
    </pre>
  );
}

/** A file of ours, such as the policy: spaces and line ends as they are, odd characters named all the same. */
export function Listing({ text }: { readonly text: string }) {
  return (
    <pre class="command">
      <code>
        {visible(text).map((piece) =>
          piece.kind === 'marked' && piece.shown.startsWith('U+') ? <Pieces pieces={[piece]} /> : piece.original,
        )}
      </code>
    </pre>
  );
}

/** How many characters of a text a reader could miss, for the warning above it. */
export function oddCount(text: string): number {
  return visible(text).filter((piece) => piece.kind === 'marked' && piece.shown.startsWith('U+')).length;
}

const words: Readonly<Record<string, string>> = { allow: 'allowed', approve: 'held', deny: 'denied' };

export function VerdictChip({ verdict }: { readonly verdict: string }) {
  return <span class={`chip ${known.has(verdict) ? verdict : 'other'}`}>{words[verdict] ?? verdict}</span>;
}
