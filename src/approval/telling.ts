/**
 * Who is told of a hold. Pure.
 *
 * INVARIANT: a schedule moves the telling to others, it never ends it: where it leaves nobody, everybody is told.
 */
import type { NoticeChannel } from './delivery.ts';
import type { Hold } from './hold.ts';
import type { Reviewer } from './keeper.ts';
import { deliveryTo, isEligible, isServedBy } from './state.ts';

export interface Circle {
  /** By mail; empty without a mail server. */
  readonly people: readonly Reviewer[];
  readonly channels: readonly NoticeChannel[];
}

/** Whether the schedule lets this one be told now. */
export type IsTold = (who: { readonly kind: 'reviewer' | 'channel'; readonly name: string }) => boolean;

/** Everybody who may be told of this hold as it is. */
export function reachable(hold: Hold, { people, channels }: Circle): Circle {
  return {
    people: people.filter((reviewer) => isEligible(hold, reviewer)),
    channels: channels.filter(({ groups }) => isServedBy(hold, groups)),
  };
}

/** Those of them who may be told only because nobody decided in time. */
export function askedLater(hold: Hold, all: Circle): Circle {
  const [first, now] = [reachable(beforeEscalation(hold), all), reachable(hold, all)];
  return {
    people: now.people.filter((reviewer) => !first.people.includes(reviewer)),
    channels: now.channels.filter((channel) => !first.channels.includes(channel)),
  };
}

function beforeEscalation({ escalation: _later, ...hold }: Hold): Hold {
  return hold;
}

/** Those of `reachable` whose hours it is, and who is on call. */
export function toldNow(hold: Hold, all: Circle, isTold: IsTold): Circle {
  const first = inTime(reachable(beforeEscalation(hold), all), isTold);
  // A circle of its own: that the first one can be told does not help when it does not answer.
  const second = inTime(askedLater(hold, all), isTold);
  return { people: [...first.people, ...second.people], channels: [...first.channels, ...second.channels] };
}

function inTime({ people, channels }: Circle, isTold: IsTold): Circle {
  const awake = people.filter(({ name }) => isTold({ kind: 'reviewer', name }));
  const open = channels.filter(({ name }) => isTold({ kind: 'channel', name }));
  const isNobody = people.length === 0 && open.length === 0;
  return { people: awake.length === 0 ? people : awake, channels: isNobody ? channels : open };
}

/** Those the hold says are being told. */
export function planned(hold: Hold, { people, channels }: Circle): Circle {
  return {
    people: people.filter(({ name }) => deliveryTo(hold, { channel: 'mail', reviewer: name }) !== undefined),
    channels: channels.filter(({ kind, name }) => deliveryTo(hold, { channel: kind, name }) !== undefined),
  };
}
