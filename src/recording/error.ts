import { SallyportError } from '../errors.ts';

export type RecordingErrorCode =
  /** Disk full, quota, I/O error: what happened next would not be seen, so the action stops. */
  | 'RECORDING_WRITE_FAILED'
  /** The recording reached the size it may have. */
  | 'RECORDING_TOO_LARGE'
  | 'RECORDING_CLOSED'
  /** A session or channel id that is no file name. */
  | 'RECORDING_NAME_INVALID'
  | 'RECORDING_UNREADABLE';

export class RecordingError extends SallyportError<RecordingErrorCode> {}
