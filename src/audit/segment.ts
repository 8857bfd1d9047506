/**
 * The files of a log: `000001.ndjson`, `000002.ndjson` … A new one begins when the last is full; `seq` and `prev`
 * go on across files, so the chain is one.
 */
import { readdir } from 'node:fs/promises';
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
