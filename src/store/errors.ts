import { SallyportError } from '../errors.ts';

/** The store cannot be used. Nothing is approved, released or run while it lasts. */
export class StoreError extends SallyportError<
  /** Another process has this directory open. */
  | 'STORE_IN_USE'
  /** No SQLite for this Node, or a file that is not ours. */
  | 'STORE_UNUSABLE'
  /** Redis is away, hung or read-only. */
  | 'STORE_UNREACHABLE'
  /** An operation this backend does not have. */
  | 'STORE_UNSUPPORTED'
> {}
