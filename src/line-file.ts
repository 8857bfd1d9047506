/**
 * Files of lines, as the audit log and the recordings are: read in constant memory, names made durable.
 */
import { open } from 'node:fs/promises';

/** Makes a created, renamed or removed name durable. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const chunkBytes = 256 * 1024;
const newline = 0x0a;

export interface Line {
  /** Without `\n`. */
  readonly bytes: Buffer;
  /** Where it begins in the file. */
  readonly offset: number;
  /** False for the rest of a file that does not end in `\n`. */
  readonly isWhole: boolean;
}

/** Lines from `offset` on, in constant memory; a line longer than `maxBytes` comes cut, with `isWhole` false. */
export async function* readLines(path: string, offset: number, maxBytes: number): AsyncGenerator<Line> {
  const handle = await open(path, 'r');
  try {
    let held = Buffer.alloc(0);
    let start = offset;
    for (let position = offset; ; ) {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, position);
      if (bytesRead === 0) break;
      position += bytesRead;
      held = held.length === 0 ? buffer.subarray(0, bytesRead) : Buffer.concat([held, buffer.subarray(0, bytesRead)]);
      let from = 0;
      for (let at = held.indexOf(newline, from); at >= 0; at = held.indexOf(newline, from)) {
        yield { bytes: held.subarray(from, at), offset: start + from, isWhole: true };
        from = at + 1;
      }
      held = held.subarray(from);
      start += from;
      if (held.length > maxBytes) break;
    }
    if (held.length > 0) yield { bytes: held, offset: start, isWhole: false };
  } finally {
    await handle.close();
  }
}
