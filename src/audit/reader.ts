/**
 * Reads a log that may be growing, oldest record first, in constant memory. Trusts the lines: `verify.ts` does not.
 */
import { readLines } from '../line-file.ts';
import { AuditError } from './error.ts';
import type { AuditRecord } from './event.ts';
import { decodeRecord, maxRecordBytes } from './record.ts';
import { listSegments } from './segment.ts';

/** Remembers how far it has read; the next `read` goes on there. */
export class LogCursor {
  readonly #directory: string;
  #segment = 0;
  #offset = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** What came since the last call. A line that is still being written is left for the next. */
  async *read(): AsyncGenerator<AuditRecord> {
    const segments = await listSegments(this.#directory).catch((cause: unknown) => {
      throw new AuditError('AUDIT_UNREADABLE', `there is no audit log in ${this.#directory}`, { cause });
    });
    for (const { number, path } of segments) {
      if (number < this.#segment) continue;
      if (number > this.#segment) this.#offset = 0;
      this.#segment = number;
      for await (const { bytes, offset, isWhole } of readLines(path, this.#offset, maxRecordBytes)) {
        if (!isWhole) break;
        const record = decodeRecord(bytes);
        if (record === undefined) throw broken(path, offset);
        this.#offset = offset + bytes.length + 1;
        yield record;
      }
    }
  }
}

const broken = (path: string, offset: number) =>
  new AuditError('AUDIT_CHAIN_BROKEN', `${path}: no record at byte ${offset}; run: sallyport audit verify`);

/** All of it. @throws AuditError AUDIT_UNREADABLE, AUDIT_CHAIN_BROKEN */
export function readRecords(directory: string): AsyncGenerator<AuditRecord> {
  return new LogCursor(directory).read();
}
