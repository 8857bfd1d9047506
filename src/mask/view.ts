/**
 * What a person would read of terminal output: the text without escape sequences, with the place of every character
 * in the raw text. Tools colour their output, so a secret may have escapes inside.
 *
 * Only sequences that print nothing are left out. The text of an OSC string (a title, a link) stays: it is readable.
 */
export interface View {
  readonly text: string;
  /** Place in the raw text; `text.length` gives the end of what is in view. */
  rawAt(at: number): number;
}

/** CSI, two-character and charset sequences (ECMA-48), each of bounded length. */
const escapeSequence = /\x1b(?:\[[0-?]{0,64}[ -/]{0,4}[@-~]|[ -/]{1,4}[0-~]|[0-Z\\-~])/y;
const unfinishedEscape = /\x1b(?:\[[0-?]{0,64}[ -/]{0,4}|[ -/]{0,4})$/;
const longestEscape = 72;

/** Where an escape sequence that may still go on begins; the length of `raw` when there is none. */
export function unfinishedAt(raw: string): number {
  const from = raw.lastIndexOf('\x1b');
  if (from < 0 || raw.length - from > longestEscape) return raw.length;
  return unfinishedEscape.test(raw.slice(from)) ? from : raw.length;
}

/** View of `raw` up to `end`. */
export function viewOf(raw: string, end: number): View {
  const shown = end === raw.length ? raw : raw.slice(0, end);
  if (!shown.includes('\x1b')) return { text: shown, rawAt: (at) => at };
  const places = new Uint32Array(shown.length + 1);
  let text = '';
  let from = 0;
  const keep = (to: number) => {
    for (let at = from; at < to; at++) places[text.length + at - from] = at;
    text += shown.slice(from, to);
  };
  for (let at = shown.indexOf('\x1b'); at >= 0; at = shown.indexOf('\x1b', at)) {
    escapeSequence.lastIndex = at;
    if (escapeSequence.test(shown)) {
      keep(at);
      from = escapeSequence.lastIndex;
      at = from;
    } else at += 1;
  }
  keep(shown.length);
  places[text.length] = shown.length;
  return { text, rawAt: (at) => places[at] ?? shown.length };
}
