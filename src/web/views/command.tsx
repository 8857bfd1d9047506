import { raw } from 'hono/html';
import { visible } from '../../approval/visible.ts';
import { markedHtml, markParts } from './marked-text.ts';
import type { TokenMark } from './syntax-marks.ts';

/** Enough to recognise a command in a list, where nothing can be decided; its own page has it whole. */
const excerptLength = 2_000;

/** Text of ours that quotes the agent's (a path, a reason): its odd characters are named too. */
export function Quoted({ text }: { readonly text: string }) {
  return <>{raw(markedHtml(text))}</>;
}

/** A text as it would run: whole, wrapped, every odd character named, each part in the colour of its verdict. */
export function CommandText(props: {
  readonly text: string;
  readonly parts?: readonly { readonly text: string; readonly verdict: string }[];
  /** The words of the text, from the model of it. */
  readonly tokens?: readonly TokenMark[];
  readonly isLarge?: boolean;
}) {
  const { text, parts, tokens } = props;
  const html = markedHtml(text, { parts: markParts(text, parts ?? []), tokens: tokens ?? [] });
  return (
    <pre class={props.isLarge === true ? 'command large' : 'command'}>
      <code>{raw(html)}</code>
    </pre>
  );
}

/** The beginning of a text, and how much more there is: for lists, never where somebody decides. */
export function CommandExcerpt({
  text,
  parts,
}: {
  readonly text: string;
  readonly parts?: Parameters<typeof markParts>[1];
}) {
  if (text.length <= excerptLength) return <CommandText text={text} parts={parts ?? []} />;
  return (
    <>
      <CommandText text={text.slice(0, excerptLength)} />
      <p class="quiet">… and {text.length - excerptLength} more characters.</p>
    </>
  );
}

/** A file of ours, such as the policy: spaces and line ends as they are, odd characters named all the same. */
export function Listing({ text }: { readonly text: string }) {
  return (
    <pre class="command">
      <code>{raw(markedHtml(text, { layout: 'plain' }))}</code>
    </pre>
  );
}

/** How many characters of a text a reader could miss, for the warning above it. */
export function oddCount(text: string): number {
  return visible(text).filter((piece) => piece.kind === 'marked' && piece.shown.startsWith('U+')).length;
}

const known = new Set(['allow', 'approve', 'deny']);
const words: Readonly<Record<string, string>> = { allow: 'allowed', approve: 'held', deny: 'denied' };

export function VerdictChip({ verdict }: { readonly verdict: string }) {
  return <span class={`chip ${known.has(verdict) ? verdict : 'other'}`}>{words[verdict] ?? verdict}</span>;
}
