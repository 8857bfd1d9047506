/**
 * When people are told: their hours, and who is on call outside of them. Pure; time comes in as an argument.
 *
 * All of it is wall-clock time of a zone: on the days the clocks change a skipped hour does not happen, a repeated one
 * counts both times, and a handover stays at its hour.
 *
 * INVARIANT: a schedule says who is told, never who may decide.
 */
import type { HoursConfig, RotationConfig } from './config.ts';

interface LocalTime {
  /** Days since 1970-01-01 on the calendar of the zone. */
  readonly date: number;
  /** 0 is Sunday. */
  readonly day: number;
  /** Since midnight. */
  readonly minute: number;
}

const dayMs = 86_400_000;
const weekMinutes = 7 * 1_440;
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timezone: string): Intl.DateTimeFormat {
  const known = formats.get(timezone);
  if (known !== undefined) return known;
  const number = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' } as const;
  // The Gregorian calendar, whatever the machine's locale counts in.
  const format = new Intl.DateTimeFormat('en-u-ca-gregory', { timeZone: timezone, hourCycle: 'h23', ...number });
  formats.set(timezone, format);
  return format;
}

function localTime(timezone: string, nowMs: number): LocalTime {
  const parts = new Map(
    formatOf(timezone)
      .formatToParts(nowMs)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  const date = Date.UTC(of('year'), of('month') - 1, of('day')) / dayMs;
  return { date, day: (((date + 4) % 7) + 7) % 7, minute: of('hour') * 60 + of('minute') };
}

/** A window over midnight belongs to the day it starts on. */
export function isWithin({ timezone, days, fromMinute, toMinute }: HoursConfig, nowMs: number): boolean {
  const { day, minute } = localTime(timezone, nowMs);
  if (fromMinute < toMinute) return days.includes(day) && minute >= fromMinute && minute < toMinute;
  return (days.includes(day) && minute >= fromMinute) || (days.includes((day + 6) % 7) && minute < toMinute);
}

export interface OnCall {
  readonly person: string;
  /** Of the next handover, like `2026-11-30 09:00`, in the rotation's zone. */
  readonly until: string;
  readonly next: string;
}

/** One week each, in turn; before the first week too, as if the turns had always gone round. */
export function onCall({ timezone, people, startsOn, handoverMinute }: RotationConfig, nowMs: number): OnCall {
  const { date, minute } = localTime(timezone, nowMs);
  const weeks = Math.floor(((date - startsOn) * 1_440 + minute - handoverMinute) / weekMinutes);
  const personIn = (week: number) => people[((week % people.length) + people.length) % people.length] ?? '';
  const day = new Date((startsOn + (weeks + 1) * 7) * dayMs).toISOString().slice(0, 10);
  const [hour, rest] = [Math.floor(handoverMinute / 60), handoverMinute % 60].map((n) => String(n).padStart(2, '0'));
  return { person: personIn(weeks), until: `${day} ${hour}:${rest}`, next: personIn(weeks + 1) };
}

export interface Scheduled {
  readonly reviewers: readonly { readonly name: string; readonly hours?: HoursConfig }[];
  readonly notify?: readonly { readonly name: string; readonly hours?: HoursConfig }[];
  readonly schedules?: readonly RotationConfig[];
}

/** Whether this reviewer or channel is told now; who has no hours always is. */
export function isToldAt(
  config: Scheduled,
  who: { readonly kind: 'reviewer' | 'channel'; readonly name: string },
  nowMs: number,
): boolean {
  const list = who.kind === 'reviewer' ? config.reviewers : (config.notify ?? []);
  const hours = list.find(({ name }) => name === who.name)?.hours;
  if (hours === undefined || isWithin(hours, nowMs)) return true;
  return who.kind === 'reviewer' && (config.schedules ?? []).some((one) => onCall(one, nowMs).person === who.name);
}
