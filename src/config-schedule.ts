/** The `hours:` of people and channels, and the `schedules:` section: who is on call. */
import { z } from 'zod';

const dayNames: readonly string[] = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const dayMs = 86_400_000;

const timezone = z.string().refine(isTimezone, 'must be an IANA time zone, like Europe/Berlin');

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

function minuteOf(text: string): number | undefined {
  const [, hour, minute] = /^([01]\d|2[0-4]):([0-5]\d)$/.exec(text) ?? [];
  const minutes = Number(hour) * 60 + Number(minute);
  return minutes <= 1_440 ? minutes : undefined;
}

const timeOfDay = z.string({ error: 'write a time in quotes, like "09:00"' }).transform((text, context) => {
  const minute = minuteOf(text);
  if (minute !== undefined) return minute;
  context.addIssue({ code: 'custom', message: 'must be a time of day, like "09:00"' });
  return z.NEVER;
});

/** `mon-fri`, `[sat, sun]`, `fri-mon`. */
const days = z
  .union([z.string(), z.array(z.string())], { error: 'must be days, like mon-fri' })
  .transform((raw, context) => {
    const found = new Set<number>();
    for (const text of typeof raw === 'string' ? [raw] : raw) {
      const ends = text.split('-').map((name) => dayNames.indexOf(name.toLowerCase()));
      const [first = -1, last = first] = ends;
      if (ends.length > 2 || first < 0 || last < 0) {
        context.addIssue({ code: 'custom', message: `\`${text}\` is not a day; write mon-fri or [sat, sun]` });
        return z.NEVER;
      }
      for (let day = first; ; day = (day + 1) % 7) {
        found.add(day);
        if (day === last) break;
      }
    }
    return [...found];
  });

/** When somebody is told. */
export const hoursSchema = z
  .strictObject({
    timezone,
    days: days.default([0, 1, 2, 3, 4, 5, 6]),
    from: timeOfDay,
    to: timeOfDay,
  })
  .refine(({ from, to }) => from !== to, { message: '`from` and `to` are the same', path: ['to'] })
  .transform(({ timezone: zone, days: on, from, to }) => ({
    timezone: zone,
    days: on,
    fromMinute: from,
    toMinute: to,
  }))
  .optional();

const handover = z.string().transform((text, context) => {
  const [name = '', time = '', ...rest] = text.split(' ');
  const [day, minute] = [dayNames.indexOf(name.toLowerCase()), minuteOf(time)];
  if (day < 0 || minute === undefined || minute === 1_440 || rest.length > 0) {
    context.addIssue({ code: 'custom', message: 'must be a day and a time, like mon 09:00' });
    return z.NEVER;
  }
  return { day, minute };
});

/** A day without a time; YAML may have read it as a date already. */
const date = z.union([z.string(), z.date()]).transform((raw, context) => {
  const text = raw instanceof Date ? raw.toISOString().replace(/T00:00:00\.000Z$/, '') : raw;
  const atMs = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(atMs)) {
    context.addIssue({ code: 'custom', message: 'must be a day, like 2026-11-30' });
    return z.NEVER;
  }
  return atMs / dayMs;
});

export const schedulesSchema = z
  .array(
    z
      .strictObject({
        name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/i, 'use letters, digits, dot, dash and underscore'),
        timezone,
        rotation: z.array(z.string()).min(1, 'needs at least one person'),
        handover,
        starts: date,
      })
      .refine(({ handover: { day }, starts }) => (((starts + 4) % 7) + 7) % 7 === day, {
        message: 'is not on the day of the handover',
        path: ['starts'],
      })
      .transform(({ name, timezone: zone, rotation, handover: { minute }, starts }) => ({
        name,
        timezone: zone,
        people: rotation,
        startsOn: starts,
        handoverMinute: minute,
      })),
  )
  .default([]);
