/**
 * Whether what follows the first line of a private key still looks like one. A key without its end (a search that
 * prints first lines, a program that contains them) must not hide everything after it.
 */
export interface KeyLines {
  /** Lines in a row without anything a key is made of. */
  readonly foreign: number;
  /** Base64 characters in a row at the end of what was seen. */
  readonly run: number;
  /** Whether the line so far has a run that is long enough. */
  readonly hasKey: boolean;
}

export const firstKeyLine: KeyLines = { foreign: 0, run: 0, hasKey: false };

/** Shorter than a line of any key, longer than most words of programs and logs. */
const leastRun = 20;
/** More than the header lines that stand above a PEM or PGP body. */
const maxForeignLines = 8;

const isBase64 = new Uint8Array(256);
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=') {
  isBase64[character.charCodeAt(0)] = 1;
}

/** Reads `text` from `from` to `to`; `endAt` is set where it stopped looking like a key. */
export function readKeyLines(
  text: string,
  from: number,
  to: number,
  before: KeyLines,
): { readonly lines: KeyLines; readonly endAt: number | undefined } {
  let { foreign, run, hasKey } = before;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x0a) {
      foreign = hasKey ? 0 : foreign + 1;
      run = 0;
      hasKey = false;
      if (foreign >= maxForeignLines) return { lines: firstKeyLine, endAt: at + 1 };
    } else if (isBase64[code] === 1) {
      run += 1;
      if (run >= leastRun) hasKey = true;
    } else run = 0;
  }
  return { lines: { foreign, run, hasKey }, endAt: undefined };
}
