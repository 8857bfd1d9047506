/** How a reviewer is told; `notify/` implements it, one channel per file. */
import { SallyportError } from '../errors.ts';
import type { ChannelKind, Hold } from './hold.ts';
import type { Reviewer } from './keeper.ts';

/** Why somebody is told: it waits, it still waits, or it waits and nobody decided, so that they may as well. */
export type MessageKind = 'review' | 'reminder' | 'escalation';

/** Or somebody approved it alone, outside the rule: told to everybody, decided already. */
export type NoticeKind = MessageKind | 'alarm';

export interface ReviewMessage {
  readonly kind: MessageKind;
  readonly hold: Hold;
  /** Which reminder it is, from 1. */
  readonly round?: number;
  readonly reviewer: Reviewer;
  /** Goes into the fragment of the link; a secret until it is used. */
  readonly token: string;
}

/** Carries no token: there is nothing to decide any more. */
export interface AlarmMessage {
  readonly kind: 'alarm';
  readonly hold: Hold;
  readonly reviewer: Reviewer;
}

export interface Messenger {
  /** Resolves when the other side took the message; rejects with a DeliveryError. Repeating it may send a twin. */
  send(message: ReviewMessage | AlarmMessage): Promise<void>;
}

/** `message` is shown on the hold and written to the audit log: no addresses, no protocol dumps. */
export class DeliveryError extends SallyportError<
  /** The other side will not take it, now or later. */
  | 'DELIVERY_REJECTED'
  /** Not now; worth another try. */
  | 'DELIVERY_FAILED'
> {}

export interface ChannelMessage {
  readonly kind: NoticeKind;
  readonly hold: Hold;
  /** Which reminder it is, from 1. */
  readonly round?: number;
}

/** What became of a hold, for machines that want to follow it. */
export const holdEvents = [
  'hold.created',
  'hold.approved',
  'hold.rejected',
  'hold.expired',
  'hold.withdrawn',
  'hold.released',
] as const;
export type HoldEvent = (typeof holdEvents)[number];

/**
 * A place several people look at. It is told where a hold can be looked at, never with somebody's token: a channel is
 * not a person.
 */
export interface NoticeChannel {
  readonly kind: ChannelKind;
  readonly name: string;
  /** Told of holds that one of these groups decides; empty means of every hold. */
  readonly groups: readonly string[];
  /** Resolves when the other side took it; rejects with a DeliveryError. Repeating it may send a twin. */
  send(message: ChannelMessage): Promise<void>;
  /** Present where events are wanted. Sent after they are in the audit log, in no particular order, perhaps twice. */
  readonly report?: {
    readonly events: readonly HoldEvent[];
    send(event: HoldEvent, hold: Hold): Promise<void>;
  };
}
