/**
 * Reads a log that may be growing, oldest record first, in constant memory. Trusts the lines: `verify.ts` does not.
 */

import { readLines } from '../line-file.ts';
import { AuditError } from './error.ts';
import type { AuditRecord } from './event.ts';
import { decodeRecord, maxRecordBytes } from './record.ts';
import { listSegments } from './segment.ts';

/** A last line that is still being written is left out. @throws AuditError AUDIT_UNREADABLE, AUDIT_CHAIN_BROKEN */
export async function* readRecords(directory: string): AsyncGenerator<AuditRecord> {
  const segments = await listSegments(directory).catch((cause: unknown) => {
    throw new AuditError('AUDIT_UNREADABLE', `there is no audit log in ${directory}`, { cause });
  });
  for (const segment of segments) {
    for await (const line of readLines(segment.path, 0, maxRecordBytes)) {
      if (!line.isWhole) continue;
      const record = decodeRecord(line.bytes);
      if (record === undefined) {
        throw new AuditError(
          'AUDIT_CHAIN_BROKEN',
          `${segment.path}: no record at byte ${line.offset}; run: sallyport audit verify`,
        );
      }
      yield record;
    }
  }
}
