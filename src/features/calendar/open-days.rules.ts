import { bankHoliday } from "./bank-holidays.rules.ts";
import { londonDate, londonTime, speakInstant } from "./london.rules.ts";
import { isOpenAt, nextOpening, openMinutesBetween, type OpeningHours } from "./opening-hours.rules.ts";

/** A day on which a desk is open, for choosing from a list. */
export interface OpenDay {
  /** `2026-12-24`. */
  readonly date: string;
  /** `Thu 24 Dec`. */
  readonly label: string;
  readonly closesAt: Date;
  /** Closing time in London, `18:30`. */
  readonly closes: string;
}

const DAY_MS = 86_400_000;

/** As people say a day: `Thu 24 Dec`. */
export const speakDay = (at: Date): string => speakInstant(at).split(",")[0] ?? "";

/** The last minute, on the London day of `from`, at which the desk is open; found by halving, since hours may have gaps. */
const closingOf = (hours: readonly OpeningHours[], from: Date): Date => {
  const next = nextOpening(hours, from);
  const sameDay = londonDate(next) === londonDate(from);
  if (sameDay) return closingOf(hours, next);
  const minutes = openMinutesBetween(hours, from, next);
  return new Date(from.getTime() + minutes * 60_000);
};

/** The next `count` days with opening hours, today first if the desk is still open. Bank holidays never appear. */
export const openDays = (hours: readonly OpeningHours[], from: Date, count: number): OpenDay[] => {
  const days: OpenDay[] = [];
  let at = isOpenAt(hours, from) ? from : nextOpening(hours, from);
  while (days.length < count) {
    const date = londonDate(at);
    if (days.at(-1)?.date !== date) {
      const closesAt = closingOf(hours, at);
      days.push({ date, label: speakDay(at), closesAt, closes: londonTime(closesAt) });
    }
    at = nextOpening(hours, at);
  }
  return days;
};

/** Bank holidays in the coming `days` days, said so that nobody wonders why a day is missing: `Fri 25 Dec: Christmas Day`. */
export const holidaysAhead = (from: Date, days: number): string[] =>
  Array.from({ length: days }, (_, ahead) => new Date(from.getTime() + ahead * DAY_MS)).flatMap((at) => {
    const name = bankHoliday(londonDate(at));
    return name === undefined ? [] : [`${speakDay(at)}: ${name}`];
  });
