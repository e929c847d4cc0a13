import { bankHoliday } from "./bank-holidays.rules.ts";
import { dateOf, instantAt, MINUTE_MS, minuteOf, wallAt, weekdayOf } from "./london.rules.ts";

/** Opening hours of one weekday (1 Monday … 7 Sunday), Europe/London wall time `HH:MM`. A weekday may have several. */
export interface OpeningHours {
  readonly weekday: number;
  readonly opens: string;
  readonly closes: string;
}

/** The core hours of the GP contract, Mon–Fri 08:00–18:30: what a site has until it says otherwise (C3). */
export const defaultOpeningHours: readonly OpeningHours[] = [1, 2, 3, 4, 5].map((weekday) => ({
  weekday,
  opens: "08:00",
  closes: "18:30",
}));

type Interval = readonly [opens: number, closes: number];
/** Minutes of the day by weekday, sorted and merged: index 0 is Monday. */
type Week = readonly (readonly Interval[])[];

const merge = (intervals: readonly Interval[]): readonly Interval[] => {
  if (intervals.length < 2) return intervals;
  const merged: Interval[] = [];
  for (const [opens, closes] of [...intervals].sort((left, right) => left[0] - right[0])) {
    const last = merged.at(-1);
    if (last !== undefined && opens <= last[1]) merged.splice(-1, 1, [last[0], Math.max(last[1], closes)]);
    else merged.push([opens, closes]);
  }
  return merged;
};

const weeks = new WeakMap<readonly OpeningHours[], Week>();

/** Hours without a single open minute would never let anything expire: they count as the default (C3). */
const weekOf = (hours: readonly OpeningHours[]): Week => {
  const known = weeks.get(hours);
  if (known !== undefined) return known;
  // One pass: a plan reads the hours of all its practices anew.
  const days = Array.from({ length: 7 }, (): Interval[] => []);
  for (const { weekday, opens, closes } of hours) {
    const interval: Interval = [minuteOf(opens), minuteOf(closes)];
    if (interval[0] < interval[1]) days[weekday - 1]?.push(interval);
  }
  const made = days.some((day) => day.length > 0) ? days.map(merge) : weekOf(defaultOpeningHours);
  weeks.set(hours, made);
  return made;
};

const NEVER: readonly Interval[] = [];
const closedDays = new Map<number, boolean>();

/** Bank holidays, and 25 and 26 December and 1 January on whatever weekday they fall. */
const isClosedDay = (day: number): boolean => {
  const known = closedDays.get(day);
  if (known !== undefined) return known;
  if (closedDays.size > 20_000) closedDays.clear();
  const date = dateOf(day);
  const made = bankHoliday(date) !== undefined || ["12-25", "12-26", "01-01"].includes(date.slice(5));
  closedDays.set(day, made);
  return made;
};

const intervalsOn = (week: Week, day: number): readonly Interval[] =>
  isClosedDay(day) ? NEVER : (week[weekdayOf(day) - 1] ?? NEVER);

/** The open stretches from the London day of `from` on, as epoch milliseconds. Endless: closed days never last for ever. */
const stretches = function* (hours: readonly OpeningHours[], from: number): Generator<readonly [number, number]> {
  const week = weekOf(hours);
  for (let { day } = wallAt(from); ; day += 1) {
    for (const [opens, closes] of intervalsOn(week, day)) yield [instantAt(day, opens), instantAt(day, closes)];
  }
};

/** Whether the desk is open: from the opening minute up to, not including, the closing minute. */
export const isOpenAt = (hours: readonly OpeningHours[], at: Date): boolean => {
  const { day, minute } = wallAt(at.getTime());
  return intervalsOn(weekOf(hours), day).some(([opens, closes]) => opens <= minute && minute < closes);
};

/** The next time that the desk opens, strictly after `at`: tomorrow morning, if it is open now. */
export const nextOpening = (hours: readonly OpeningHours[], at: Date): Date => {
  for (const [opens] of stretches(hours, at.getTime())) if (opens > at.getTime()) return new Date(opens);
  throw new RangeError("No opening ahead");
};

/** `at` itself if the desk is open, else its next opening: when it can first be asked (A6). */
export const openFrom = (hours: readonly OpeningHours[], at: Date): Date =>
  isOpenAt(hours, at) ? at : nextOpening(hours, at);

/**
 * When `minutes` open minutes have passed since `from`: "urgent, 2 open hours of that desk" (O2). What ends exactly at
 * closing time ends then, not at the next opening. `from` itself for nothing or less.
 */
export const addOpenMinutes = (hours: readonly OpeningHours[], from: Date, minutes: number): Date => {
  let left = minutes * MINUTE_MS;
  if (left <= 0) return from;
  const start = from.getTime();
  for (const [opens, closes] of stretches(hours, start)) {
    const begin = Math.max(opens, start);
    if (begin + left <= closes) return new Date(begin + left);
    left -= Math.max(0, closes - begin);
  }
  throw new RangeError("No opening ahead");
};

/** How many minutes the desk is open between two instants, fractional; 0 if `until` is not after `from`. */
export const openMinutesBetween = (hours: readonly OpeningHours[], from: Date, until: Date): number => {
  const [start, end] = [from.getTime(), until.getTime()];
  let open = 0;
  if (end <= start) return open;
  for (const [opens, closes] of stretches(hours, start)) {
    if (opens >= end) break;
    open += Math.max(0, Math.min(closes, end) - Math.max(opens, start));
  }
  return open / MINUTE_MS;
};

/**
 * The same London time `days` open days later: "routine, 1 open day" (O2) asked on Friday 14:30 is answered by Monday
 * 14:30. Asked while closed, it counts from the next opening; a day that opens later or closes earlier bounds the time.
 */
export const addOpenDays = (hours: readonly OpeningHours[], from: Date, days: number): Date => {
  if (days <= 0) return from;
  const week = weekOf(hours);
  const { day: first, minute } = wallAt(openFrom(hours, from).getTime());
  let day = first;
  for (let left = days; left > 0;) {
    day += 1;
    if (intervalsOn(week, day).length > 0) left -= 1;
  }
  const intervals = intervalsOn(week, day);
  const [opens, closes] = [intervals[0]?.[0] ?? minute, intervals.at(-1)?.[1] ?? minute];
  return new Date(instantAt(day, Math.min(Math.max(minute, opens), closes)));
};
