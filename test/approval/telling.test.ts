import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NoticeChannel } from '../../src/approval/delivery.ts';
import { askedLater, type Circle, planned, reachable, toldNow } from '../../src/approval/telling.ts';
import { holdFor, reviewers } from '../support/holds.ts';

const channel = (name: string, groups: readonly string[]): NoticeChannel => ({
  kind: 'ntfy',
  name,
  groups,
  send: async () => undefined,
});
const all: Circle = { people: reviewers, channels: [channel('room', []), channel('dba-room', ['dba'])] };
const namesOf = ({ people, channels }: Circle) => [...people, ...channels].map(({ name }) => name).sort();
const only =
  (...names: readonly string[]) =>
  ({ name }: { readonly name: string }) =>
    names.includes(name);
const escalated = { escalation: { afterMs: 1, groups: ['dba'], doneAtMs: 2 } };

describe('the schedule', () => {
  it.each([
    { name: 'tells those whose hours it is', hold: {}, awake: ['maya', 'room'], want: ['maya', 'room'] },
    { name: 'tells all people rather than none', hold: {}, awake: ['room'], want: ['maya', 'noor', 'room'] },
    { name: 'leaves a closed channel alone while somebody is told', hold: {}, awake: ['maya'], want: ['maya'] },
    { name: 'opens nothing to who may not decide', hold: {}, awake: ['pete', 'olga', 'noor'], want: ['noor'] },
    {
      name: 'tells who is asked later even when the first ones are awake and they are not',
      hold: escalated,
      awake: ['maya'],
      want: ['maya', 'pete'],
    },
  ])('$name', ({ hold, awake, want }) => {
    expect(namesOf(toldNow(holdFor(hold), all, only(...awake)))).toEqual(want);
  });

  it('tells a channel outside its hours when there is nobody else', () => {
    const lone = { people: [], channels: all.channels };
    expect(namesOf(toldNow(holdFor(), lone, only()))).toEqual(['room']);
  });

  it('never ends in silence, and never tells somebody who may not decide', () => {
    const names = [...reviewers, ...all.channels].map(({ name }) => name);
    fc.assert(
      fc.property(fc.subarray(names), fc.subarray(names), fc.boolean(), (present, awake, isLate) => {
        const hold = holdFor(isLate ? escalated : {});
        const some = {
          people: all.people.filter(({ name }) => present.includes(name)),
          channels: all.channels.filter(({ name }) => present.includes(name)),
        };
        const [may, told] = [namesOf(reachable(hold, some)), namesOf(toldNow(hold, some, only(...awake)))];
        expect(told.every((name) => may.includes(name))).toBe(true);
        expect(told.length > 0).toBe(may.length > 0);
        const later = namesOf(askedLater(hold, some));
        if (later.length > 0) expect(later.some((name) => told.includes(name))).toBe(true);
      }),
    );
  });

  it('changes nothing in what was planned', () => {
    const deliveries = [{ channel: 'mail', reviewer: 'noor', state: 'queued', attempts: 0, atMs: 1 }] as const;
    expect(namesOf(planned(holdFor({ deliveries }), all))).toEqual(['noor']);
  });
});
