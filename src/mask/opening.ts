/** What must stand at a place and before it for a rule to apply there, as far as single characters tell. */
import { barredBefore, certainSets, prefixOfSequence } from './prefix.ts';
import type { Rule } from './rule.ts';

export class Opening {
  /** The same for openings that agree everywhere. */
  readonly key: string;
  readonly #barred: Uint8Array | undefined;
  /** 256 bytes per character. */
  readonly #sets: Uint8Array;
  readonly #length: number;

  constructor(barred: Uint8Array | undefined, sets: readonly Uint8Array[]) {
    this.#barred = barred;
    this.#sets = Buffer.concat(sets);
    this.#length = sets.length;
    this.key = Buffer.concat([barred ?? Buffer.alloc(0), this.#sets]).toString('latin1');
  }

  /** False only where no match and no beginning of one can be. `text` has characters up to U+00FF. */
  agrees(text: string, at: number): boolean {
    if (this.#barred !== undefined && at > 0 && this.#barred[text.charCodeAt(at - 1)] === 1) return false;
    const known = Math.min(this.#length, text.length - at);
    for (let n = 0; n < known; n++) {
      if (this.#sets[(n << 8) | text.charCodeAt(at + n)] === 0) return false;
    }
    return true;
  }

  /** The same in `bytes` up to `end`, whose bytes before `from` are not looked at. */
  agreesInBytes(bytes: Uint8Array, from: number, at: number, end: number): boolean {
    if (this.#barred !== undefined && at > from && this.#barred[bytes[at - 1] ?? 0] === 1) return false;
    const known = Math.min(this.#length, end - at);
    for (let n = 0; n < known; n++) {
      if (this.#sets[(n << 8) | (bytes[at + n] ?? 0)] === 0) return false;
    }
    return true;
  }
}

export function openingOf({ before = '', lead, body }: Rule): Opening {
  return new Opening(barredBefore(before), certainSets(prefixOfSequence(lead.prefix, body.prefix)));
}
