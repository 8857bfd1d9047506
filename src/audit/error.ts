import { SallyportError } from '../errors.ts';

export type AuditErrorCode =
  /** A write or fsync failed: what the log holds is no longer certain, so nothing may run any more. */
  | 'AUDIT_WRITE_FAILED'
  /** Another process writes this log. */
  | 'AUDIT_LOCKED'
  /** A line on disk does not continue the chain. */
  | 'AUDIT_CHAIN_BROKEN'
  /** The log is shorter than its own signed checkpoint says. */
  | 'AUDIT_TRUNCATED'
  /** The signed checkpoint is missing, unreadable or not signed by the log's key. */
  | 'AUDIT_CHECKPOINT_INVALID'
  /** One record is larger than the log accepts; the log lives on. */
  | 'AUDIT_RECORD_TOO_LARGE'
  /** More records wait for the disk than the log keeps in memory; the log lives on. */
  | 'AUDIT_OVERLOADED'
  | 'AUDIT_CLOSED'
  /** The directory has no log, or it cannot be read. */
  | 'AUDIT_UNREADABLE';

export class AuditError extends SallyportError<AuditErrorCode> {}
