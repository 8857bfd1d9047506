/**
 * Weekly time windows in the wall-clock time of an IANA zone.
 *
 * A window over midnight (`22:00`–`06:00`) belongs to the day it starts on. The wall clock decides on the days the clocks
 * change: a skipped hour does not happen, a repeated one counts both times.
 */
import type { Node } from 'yaml';
import type { PolicyDocument } from './document.ts';

const dayNames: readonly string[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

export interface WallClock {
  /** 0 is Sunday. */
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

/** Reads the wall clock of a zone; undefined for a zone nobody knows. */
export function wallClock(zone: string): ((nowMs: number) => WallClock) | undefined {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  } catch {
    return undefined;
  }
  // Formatting costs more than a whole decision, and all zones change at full minutes.
  let last = { minute: Number.NaN, clock: { day: 0, hour: 0, minute: 0 } };
  return (nowMs) => {
    const minute = Math.floor(nowMs / 60_000);
    if (minute === last.minute) return last.clock;
    const parts = new Map(format.formatToParts(nowMs).map(({ type, value }) => [type, value]));
    const day = dayNames.indexOf(parts.get('weekday')?.toLowerCase() ?? '');
    const clock = { day, hour: Number(parts.get('hour')), minute: Number(parts.get('minute')) };
    last = { minute, clock };
    return clock;
  };
}

export type TimeWindow = (nowMs: number) => boolean;

/** Reads `{ days: mon-fri, from: "09:00", to: "18:00", zone: Europe/London }`, or a list of such windows (any suffices). */
export function readTimeWindow(document: PolicyDocument, node: Node, zone: string): TimeWindow {
  const nodes = document.isList(node) ? document.items(node, '`time`') : [node];
  const windows = nodes.map((one) => readOne(document, one, zone));
  return (nowMs) => windows.some((window) => window(nowMs));
}

function readOne(document: PolicyDocument, node: Node, defaultZone: string): TimeWindow {
  const fields = document.fields(node, '`time`', ['days', 'from', 'to', 'zone']);
  const zoneNode = fields.get('zone');
  document.refuseEmpty(
    [...fields.keys()].filter((key) => key !== 'zone'),
    node,
    '`time`',
  );
  const zone = zoneNode === undefined ? defaultZone : (document.text(zoneNode, '`zone`') ?? 'UTC');
  const clock = wallClock(zone);
  if (clock === undefined)
    document.report(zoneNode ?? node, `there is no time zone \`${zone}\``, 'for example Europe/Berlin');
  const days = readDays(document, fields.get('days'));
  const from = readMinutes(document, fields.get('from'), '`from`', 0);
  const to = readMinutes(document, fields.get('to'), '`to`', 1440);
  if (from === to)
    document.report(node, '`from` and `to` are the same, so the window is empty', 'leave both out for whole days');
  return (nowMs) => {
    if (clock === undefined) throw new Error('no such time zone');
    const { day, hour, minute } = clock(nowMs);
    const now = hour * 60 + minute;
    if (from < to) return days.has(day) && now >= from && now < to;
    return (days.has(day) && now >= from) || (days.has((day + 6) % 7) && now < to);
  };
}

function readMinutes(document: PolicyDocument, node: Node | undefined, what: string, otherwise: number): number {
  if (node === undefined) return otherwise;
  const found = /^([01]\d|2[0-4]):([0-5]\d)$/.exec(document.text(node, what) ?? '');
  const minutes = Number(found?.[1]) * 60 + Number(found?.[2]);
  if (found !== null && minutes <= 1440) return minutes;
  document.report(node, `${what} must be a time of day`, 'for example "09:00"');
  return otherwise;
}

/** `mon-fri`, `[sat, sun]`, `fri-mon`; every day when absent. */
function readDays(document: PolicyDocument, node: Node | undefined): ReadonlySet<number> {
  if (node === undefined) return new Set(dayNames.keys());
  const days = new Set<number>();
  for (const { value, node: at } of document.texts(node, '`days`')) {
    const ends = value
      .toLowerCase()
      .split('-')
      .map((name) => dayNames.indexOf(name));
    const [first = -1, last = first] = ends;
    if (ends.length > 2 || first < 0 || last < 0)
      document.report(at, `\`${value}\` is not a day`, 'for example mon-fri');
    else
      for (let day = first; ; day = (day + 1) % 7) {
        days.add(day);
        if (day === last) break;
      }
  }
  return days;
}
