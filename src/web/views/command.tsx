import { visible } from '../../approval/visible.ts';

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

function Visible({ text }: { readonly text: string }) {
  return (
    <>
      {visible(text).map((piece) => {
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

const known = new Set(['allow', 'approve', 'deny']);

/** A text as it would run: whole, wrapped, every odd character named, each part in the colour of its verdict. */
export function CommandText(props: {
  readonly text: string;
  readonly parts?: readonly { readonly text: string; readonly verdict: string }[];
  readonly isLarge?: boolean;
}) {
  const marks = markParts(props.text, props.parts ?? []);
  const spans: { text: string; verdict: string | undefined }[] = [];
  let at = 0;
  for (const mark of marks) {
    spans.push({ text: props.text.slice(at, mark.start), verdict: undefined });
    spans.push({ text: props.text.slice(mark.start, mark.end), verdict: mark.verdict });
    at = mark.end;
  }
  spans.push({ text: props.text.slice(at), verdict: undefined });
  return (
    <pre class={props.isLarge === true ? 'command large' : 'command'}>
      <code>
        {spans
          .filter((span) => span.text !== '')
          .map((span) =>
            span.verdict !== undefined && known.has(span.verdict) ? (
              <span class={`part ${span.verdict}`}>
                <Visible text={span.text} />
              </span>
            ) : (
              <Visible text={span.text} />
            ),
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
