/**
 * One line of the log: JSON in ASCII-safe form, `seq`, `at` and `prev` first.
 *
 * INVARIANT: a line is safe to print to a terminal. What JSON leaves unescaped and a terminal obeys (DEL, C1) or a
 * reader cannot see (bidirectional controls, zero-width, tags) is written as `\uXXXX`.
 */
import { createHash } from 'node:crypto';
import { AuditError } from './error.ts';
import type { AuditEvent, AuditRecord } from './event.ts';

/** `prev` of the first record. */
export const noPrevious = '0'.repeat(64);

/** Longest line, in bytes. A command may be long and every byte of it escaped; what is longer is no command. */
export const maxRecordBytes = 8 * 1024 * 1024;

const unsafe = /[\x7f-\x9f\u2028\u2029\p{Default_Ignorable_Code_Point}\p{Cf}]/gu;

const escapeUnit = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** JSON whose every character a terminal prints and a person sees. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value).replace(unsafe, (found) => found.split('').map(escapeUnit).join(''));
}

export function lineHash(line: Buffer | string): string {
  return createHash('sha256').update(line).digest('hex');
}

/** The line without `\n`. */
export function encodeRecord(envelope: { seq: number; at: string; prev: string }, event: AuditEvent): Buffer {
  const line = Buffer.from(visibleJson({ seq: envelope.seq, at: envelope.at, prev: envelope.prev, ...event }), 'utf8');
  if (line.length > maxRecordBytes) {
    throw new AuditError('AUDIT_RECORD_TOO_LARGE', `a record of ${line.length} bytes (${event.event}) is too large`);
  }
  return line;
}

function isEnvelope(value: unknown): value is AuditRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { seq, at, prev, event } = value as Partial<Record<string, unknown>>;
  return (
    Number.isSafeInteger(seq) &&
    typeof at === 'string' &&
    typeof prev === 'string' &&
    /^[0-9a-f]{64}$/.test(prev) &&
    typeof event === 'string'
  );
}

/** Undefined when the line is not a record. HOSTILE: in the verifier the line may come from anybody. */
export function decodeRecord(line: Buffer): AuditRecord | undefined {
  try {
    const value: unknown = JSON.parse(line.toString('utf8'));
    return isEnvelope(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
