/** How a reviewer is told; `notify/` implements it, one channel per file. */
import { SallyportError } from '../errors.ts';
import type { Hold } from './hold.ts';
import type { Reviewer } from './keeper.ts';

export interface ReviewMessage {
  readonly kind: 'review' | 'reminder';
  readonly hold: Hold;
  readonly reviewer: Reviewer;
  /** Goes into the fragment of the link; a secret until it is used. */
  readonly token: string;
}

export interface Messenger {
  /** Resolves when the other side took the message; rejects with a DeliveryError. Repeating it may send a twin. */
  send(message: ReviewMessage): Promise<void>;
}

/** `message` is shown on the hold and written to the audit log: no addresses, no protocol dumps. */
export class DeliveryError extends SallyportError<
  /** The other side will not take it, now or later. */
  | 'DELIVERY_REJECTED'
  /** Not now; worth another try. */
  | 'DELIVERY_FAILED'
> {}
