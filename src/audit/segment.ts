/**
 * The files of a log: `000001.ndjson`, `000002.ndjson` … A new one begins when the last is full; `seq` and `prev`
 * go on across files, so the chain is one.
 */
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

export interface Segment {
  readonly number: number;
  readonly path: string;
}

export function segmentPath(directory: string, number: number): string {
  return join(directory, `${String(number).padStart(6, '0')}.ndjson`);
}

/** Oldest first. */
export async function listSegments(directory: string): Promise<readonly Segment[]> {
  const names = await readdir(directory);
  return names
    .flatMap((name) => {
      const match = /^(\d{6,12})\.ndjson$/.exec(name);
      return match === null ? [] : [{ number: Number(match[1]), path: join(directory, name) }];
    })
    .sort((a, b) => a.number - b.number);
}

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
