import { SallyportError } from '../errors.ts';

/** Something about a hold could not be done. Refusals of reviewers are values (`DecideOutcome`), not errors. */
export class ApprovalError extends SallyportError<
  /** The agent has too many holds, or this one is too large; `publicMessage` says which and when to come back. */
  | 'HOLD_LIMIT'
  | 'HOLD_NOT_FOUND'
  /** The action contains text that has no UTF-8 form, so no digest can bind it. */
  | 'HOLD_TEXT_INVALID'
  /** Too much contention or a store that answers nonsense; nothing was changed. */
  | 'HOLD_STORE_FAILED'
  /** This process is stopping; the hold goes on in the store. */
  | 'HOLD_DESK_CLOSED'
  /** This reviewer used up the challenges of this hold. */
  | 'CHALLENGE_LIMIT'
> {}
