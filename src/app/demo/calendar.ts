import { bankHoliday, isWorkingDay, londonDate, londonInstant } from "../../features/calendar/index.ts";

const DAY_MS = 86_400_000;

const addDays = (date: string, days: number): string =>
  new Date(Date.parse(`${date}T12:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);

export interface StoryDays {
  /** The last four working days before Christmas, London dates, in order. */
  readonly days: readonly string[];
  readonly earliest: Date;
  readonly dueBy: Date;
  /** Desks are shut today, so that only asap is asked (A6). */
  readonly isHoliday: boolean;
}

/** The days before the next Christmas that is at least a week away. */
export const storyDays = (now: Date): StoryDays => {
  const today = londonDate(now);
  const year = Number(today.slice(0, 4));
  const christmas = [year, year + 1].map((each) => `${each}-12-25`).find((date) => date >= addDays(today, 7));
  if (christmas === undefined) throw new Error("no Christmas ahead");
  const days: string[] = [];
  for (let date = addDays(christmas, -1); days.length < 4; date = addDays(date, -1))
    if (isWorkingDay(date)) days.unshift(date);
  const [first = christmas] = days;
  const last = days.at(-1) ?? christmas;
  return {
    days,
    earliest: londonInstant(first, "08:00"),
    dueBy: londonInstant(last, "18:30"),
    isHoliday: bankHoliday(today) !== undefined,
  };
};
