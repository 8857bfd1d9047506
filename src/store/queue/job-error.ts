import { StoreError } from '../errors.ts';

/** BullMQ's own status codes (its enum `ErrorCode`); callers of BullMQ branch on `code`. */
const texts = {
  [-1]: 'there is no such job',
  [-2]: 'the job is not locked',
  [-3]: 'the job is not in the expected state',
  [-6]: 'the job is locked by another worker',
  [-8]: 'the job belongs to a scheduler',
} as const;

/** What BullMQ expects to be thrown when an operation on a job is not possible. */
export class JobError extends Error {
  readonly code: keyof typeof texts;

  constructor(code: keyof typeof texts, jobId: string, operation: string) {
    super(`${operation} ${jobId}: ${texts[code]}`);
    this.name = 'JobError';
    this.code = code;
  }
}

/** Flows, rate limits and replacement of deduplicated jobs: nothing in Sallyport uses them. */
export function unsupported(operation: string): never {
  throw new StoreError('STORE_UNSUPPORTED', `the embedded queue has no ${operation}`);
}
