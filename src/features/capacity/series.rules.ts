import { bankHoliday } from "../calendar/index.ts";

/** The rule of a series as far as its days go. */
export interface SeriesDays {
  /** 1 Monday … 7 Sunday. */
  readonly weekdays: readonly number[];
  readonly firstDate: string;
  readonly lastDate: string | null;
}

/** A day of the rule on which there is no clinic, and why (C2). */
export interface SkippedDay {
  readonly date: string;
  readonly reason: "bank-holiday" | "closed" | "lane-taken";
  /** What staff read: the holiday's name, or what is the matter. */
  readonly says: string;
}

export const WEEKS_AHEAD = 8;
const DAY_MS = 86_400_000;

/** The calendar day `days` after `date`. Dates only: no clock change can come between. */
export const addDays = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);

/** The last day up to which days are made: eight weeks ahead. */
export const horizonOf = (today: string): string => addDays(today, WEEKS_AHEAD * 7);

const weekdayOf = (date: string): number => ((new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7) + 1;

/** Every day of the rule from `from` to `through`, both included, whether or not there can be a clinic. */
export const daysOf = (series: SeriesDays, from: string, through: string): string[] => {
  const first = from > series.firstDate ? from : series.firstDate;
  const last = series.lastDate !== null && series.lastDate < through ? series.lastDate : through;
  const days: string[] = [];
  for (let date = first; date <= last; date = addDays(date, 1)) {
    if (series.weekdays.includes(weekdayOf(date))) days.push(date);
  }
  return days;
};

/** Why there is no clinic on this day; undefined where there can be one. */
export const skipReason = (date: string, closed: ReadonlySet<string>): SkippedDay | undefined => {
  const holiday = bankHoliday(date);
  if (holiday !== undefined) return { date, reason: "bank-holiday", says: holiday };
  return closed.has(date) ? { date, reason: "closed", says: "You are closed that day" } : undefined;
};
