import { describe, expect, it } from 'vitest';
import { isToldAt, isWithin, onCall } from '../src/schedule.ts';

const day = (text: string) => Date.parse(text) / 86_400_000;
const berlin = 'Europe/Berlin';
const office = { timezone: berlin, days: [1, 2, 3, 4, 5], fromMinute: 540, toMinute: 1_080 };
const night = { timezone: berlin, days: [5], fromMinute: 1_320, toMinute: 360 };
const early = { timezone: berlin, days: [0], fromMinute: 150, toMinute: 180 };

describe('hours', () => {
  it.each([
    { name: 'begin in winter', hours: office, at: '2026-11-30T08:00:00Z', want: true },
    { name: 'have not begun a minute before', hours: office, at: '2026-11-30T07:59:59Z', want: false },
    { name: 'begin an hour earlier in UTC in summer', hours: office, at: '2026-07-06T07:00:00Z', want: true },
    { name: 'end', hours: office, at: '2026-11-30T17:00:00Z', want: false },
    { name: 'are not on Saturday', hours: office, at: '2026-11-28T10:00:00Z', want: false },
    { name: 'over midnight belong to the evening', hours: night, at: '2026-11-27T22:30:00Z', want: true },
    { name: 'over midnight go on in the morning', hours: night, at: '2026-11-28T04:59:00Z', want: true },
    { name: 'over midnight are not the morning before', hours: night, at: '2026-11-27T04:00:00Z', want: false },
    { name: 'are skipped with the hour in spring', hours: early, at: '2026-03-29T01:15:00Z', want: false },
    { name: 'come twice in autumn, first', hours: early, at: '2026-10-25T00:45:00Z', want: true },
    { name: 'come twice in autumn, second', hours: early, at: '2026-10-25T01:45:00Z', want: true },
    {
      name: 'of half an hour’s zone are its own',
      hours: { ...office, timezone: 'Asia/Kolkata' },
      at: '2026-11-30T03:30:00Z',
      want: true,
    },
  ])('$name', ({ hours, at, want }) => {
    expect(isWithin(hours, Date.parse(at))).toBe(want);
  });
});

const rotation = {
  name: 'sre',
  timezone: berlin,
  people: ['maya', 'jo', 'kim'],
  startsOn: day('2026-10-12'),
  handoverMinute: 540,
};

describe('on call', () => {
  it.each([
    { name: 'from the first handover', at: '2026-10-12T07:00:00Z', want: 'maya' },
    { name: 'until a second before the next', at: '2026-10-19T06:59:59Z', want: 'maya' },
    { name: 'then the next one', at: '2026-10-19T07:00:00Z', want: 'jo' },
    { name: 'at the same hour after the clocks changed, not before', at: '2026-10-26T07:59:59Z', want: 'jo' },
    { name: 'at the same hour after the clocks changed', at: '2026-10-26T08:00:00Z', want: 'kim' },
    { name: 'round again', at: '2026-11-02T08:00:00Z', want: 'maya' },
    { name: 'before the first week, backwards', at: '2026-10-12T06:59:59Z', want: 'kim' },
    { name: 'after a leap day', at: '2028-02-29T12:00:00Z', want: 'maya' },
  ])('is who it is $name', ({ at, want }) => {
    expect(onCall(rotation, Date.parse(at)).person).toBe(want);
  });

  it('says until when, and who is next', () => {
    expect(onCall(rotation, Date.parse('2026-10-20T12:00:00Z'))).toEqual({
      person: 'jo',
      until: '2026-10-26 09:00',
      next: 'kim',
    });
  });

  it('hands over exactly once a week in a year with both changes, in several zones', () => {
    for (const timezone of [berlin, 'America/New_York', 'Australia/Lord_Howe', 'Africa/Casablanca', 'UTC']) {
      const one = { ...rotation, timezone, startsOn: day('2026-01-05') };
      const start = Date.parse('2026-01-05T20:00:00Z');
      const people = Array.from({ length: 52 * 7 }, (_, at) => onCall(one, start + at * 86_400_000).person);
      const changes = people.filter((person, at) => at > 0 && person !== people[at - 1]).length;
      expect({ timezone, changes }).toEqual({ timezone, changes: 51 });
    }
  });
});

describe('who is told', () => {
  const config = {
    reviewers: [{ name: 'maya', hours: office }, { name: 'jo', hours: office }, { name: 'pat' }],
    notify: [{ name: 'room', hours: office }, { name: 'jo' }],
    schedules: [rotation],
  };
  const nightOfMaya = Date.parse('2026-10-14T01:00:00Z');

  it.each([
    { kind: 'reviewer', name: 'maya', want: true },
    { kind: 'reviewer', name: 'jo', want: false },
    { kind: 'reviewer', name: 'pat', want: true },
    { kind: 'channel', name: 'room', want: false },
    { kind: 'channel', name: 'jo', want: true },
  ] as const)('at night: $kind $name, $want', ({ kind, name, want }) => {
    expect(isToldAt(config, { kind, name }, nightOfMaya)).toBe(want);
  });
});
