import { tzOffset } from "@date-fns/tz";

/*
 * Europe/London wall time (rule T1). Inside this feature a London day is a number, days since 1970-01-01 in the London
 * calendar, and a wall time is minutes after midnight: arithmetic on those is cheap and cannot meet a clock change. Only
 * turning them into instants, and back, asks for the offset.
 */

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

/** Offsets at the two ends of each UTC day seen so far. A day holds at most one clock change, so equal ends decide it. */
const dayOffsets = new Map<number, readonly [start: number, end: number]>();
const askZone = (at: number): number => tzOffset("Europe/London", new Date(at)) * MINUTE_MS;

/** Milliseconds that London is ahead of UTC: looked up in the time-zone data once for each day, so that it costs nothing afterwards. */
const offsetAt = (at: number): number => {
  const day = Math.floor(at / DAY_MS);
  let ends = dayOffsets.get(day);
  if (ends === undefined) {
    if (dayOffsets.size > 20_000) dayOffsets.clear();
    ends = [askZone(day * DAY_MS), askZone((day + 1) * DAY_MS)];
    dayOffsets.set(day, ends);
  }
  return ends[0] === ends[1] ? ends[0] : askZone(at);
};

/** The London day (days since 1970-01-01) and minute of day, fractional, at an instant in epoch milliseconds. */
export const wallAt = (at: number): { day: number; minute: number } => {
  const local = at + offsetAt(at);
  const day = Math.floor(local / DAY_MS);
  return { day, minute: (local - day * DAY_MS) / MINUTE_MS };
};

/**
 * The instant of a wall time, in epoch milliseconds. In autumn's repeated hour it is the first of the two; in spring's
 * missing hour it is as long after the change as the wall time says, as a clock that nobody put forward would have it.
 */
export const instantAt = (day: number, minute: number): number => {
  const local = day * DAY_MS + minute * MINUTE_MS;
  const before = offsetAt(local - DAY_MS);
  const early = local - before;
  if (offsetAt(early) === before) return early;
  const late = local - offsetAt(early);
  return offsetAt(late) === offsetAt(early) ? late : early;
};

/** 1 Monday … 7 Sunday. 1970-01-01 was a Thursday. */
export const weekdayOf = (day: number): number => ((((day + 3) % 7) + 7) % 7) + 1;

export const dayOf = (date: string): number => {
  const at = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(at)) throw new RangeError(`Not a date: ${date}`);
  return at / DAY_MS;
};

export const dateOf = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

/** Times of day that were read before: desks open and close at a few of them, and a plan asks for dozens. */
const minutesOf = new Map<string, number>();

/** Minutes after midnight of `HH:MM`; `24:00` is the end of the day. */
export const minuteOf = (time: string): number => {
  const known = minutesOf.get(time);
  if (known !== undefined) return known;
  const parts = /^([01]\d|2[0-4]):([0-5]\d)$/.exec(time);
  const minute = Number(parts?.[1]) * 60 + Number(parts?.[2]);
  if (parts === null || minute > 1440) throw new RangeError(`Not a time of day: ${time}`);
  minutesOf.set(time, minute);
  return minute;
};

const two = (value: number): string => String(value).padStart(2, "0");
const timeOf = (minute: number): string => `${two(Math.floor(minute / 60))}:${two(Math.floor(minute) % 60)}`;

/** The calendar day in London, `YYYY-MM-DD`. */
export const londonDate = (at: Date): string => dateOf(wallAt(at.getTime()).day);

/** Whether two instants lie on one day in London. */
export const isSameLondonDay = (left: Date, right: Date): boolean =>
  wallAt(left.getTime()).day === wallAt(right.getTime()).day;

/** The wall time in London, `HH:MM`, seconds dropped. */
export const londonTime = (at: Date): string => timeOf(wallAt(at.getTime()).minute);

/** The instant at which London's clocks show `time` on `date`; see `instantAt` for clock changes. Throws RangeError on nonsense. */
export const londonInstant = (date: string, time: string): Date => new Date(instantAt(dayOf(date), minuteOf(time)));

const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;

/** As people at a desk say it: `Tue 22 Dec, 14:30`. */
export const speakInstant = (at: Date): string => {
  const { day, minute } = wallAt(at.getTime());
  const date = new Date(day * DAY_MS);
  return `${WEEKDAYS[weekdayOf(day) - 1] ?? ""} ${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ""}, ${timeOf(minute)}`;
};
