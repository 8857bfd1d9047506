import { isUtf8 } from 'node:buffer';

export interface CarriedText {
  readonly text: string;
  readonly bytes: Buffer;
  /** False when `text` has replacement characters where `bytes` are not UTF-8. */
  readonly isExact: boolean;
}

/** Bytes at the end that begin a UTF-8 sequence without finishing it. */
function unfinishedBytes(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

/** Turns one stream's bytes into text; a character cut by a chunk waits for its rest. */
export class TextCarry {
  #held: Buffer = Buffer.alloc(0);

  /** Undefined when there is nothing whole yet. */
  push(chunk: Buffer): CarriedText | undefined {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const end = bytes.length - unfinishedBytes(bytes);
    this.#held = bytes.subarray(end);
    return carried(bytes.subarray(0, end));
  }

  end(): CarriedText | undefined {
    const bytes = this.#held;
    this.#held = Buffer.alloc(0);
    return carried(bytes);
  }
}

function carried(bytes: Buffer): CarriedText | undefined {
  if (bytes.length === 0) return undefined;
  return { text: bytes.toString('utf8'), bytes, isExact: isUtf8(bytes) };
}
