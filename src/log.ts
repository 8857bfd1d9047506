import { pino } from 'pino';
import { errorCode } from './errors.ts';

/** The program's own log, JSON lines on stderr. Not the record: that is the audit log. Never holds a secret or output. */
export type Log = Pick<pino.Logger, 'debug' | 'info' | 'warn' | 'error' | 'fatal'>;

export function createLog(level: string): Log {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 2, sync: true }));
}

/** What of an unknown error may be logged: its code and message, never attached values such as buffers or options. */
export function describeError(error: unknown): {
  readonly code: string | undefined;
  readonly message: string;
  readonly stack: string | undefined;
} {
  if (!(error instanceof Error))
    return { code: undefined, message: 'a value that is no Error was thrown', stack: undefined };
  return { code: errorCode(error), message: error.message, stack: error.stack };
}
