import type { ProgramReading } from '../reading.ts';

/** A program that does nothing but read its input. */
export const harmless: ProgramReading = { effects: [], paths: [], code: [], sql: [], shell: [], unknowns: [] };

/** Longer programs are not understood: nobody writes them on a command line, and readers stay fast. */
const maxProgramLength = 16_384;

export function unread(code: string, reason: string): ProgramReading {
  return { ...harmless, unknowns: [{ code, reason, span: undefined }] };
}

/** Everything every reading says. */
export function joinReadings(readings: readonly ProgramReading[]): ProgramReading {
  return {
    effects: readings.flatMap((reading) => reading.effects),
    paths: readings.flatMap((reading) => reading.paths),
    code: readings.flatMap((reading) => reading.code),
    sql: readings.flatMap((reading) => reading.sql),
    shell: readings.flatMap((reading) => reading.shell),
    unknowns: readings.flatMap((reading) => reading.unknowns),
  };
}

/** Why a text cannot be judged in any language: too long, NUL, or characters a reviewer cannot see. */
export function oddText(text: string): string | undefined {
  if (text.length > maxProgramLength) return `longer than ${maxProgramLength} characters`;
  if (text.includes('\0')) return 'contains NUL';
  if (/[\u0001-\u0008\u000b-\u001f\u007f-\u009f]/.test(text)) return 'contains control characters';
  return /[\p{Cf}\p{Cs}\u2028\u2029]/u.test(text) ? 'contains invisible characters' : undefined;
}
