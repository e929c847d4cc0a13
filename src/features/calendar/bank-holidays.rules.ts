import { dateOf, dayOf, weekdayOf } from "./london.rules.ts";

/*
 * Bank holidays of England (and Wales): those of the Banking and Financial Dealings Act 1971, schedule 1, those that the
 * common law or a yearly proclamation adds (Good Friday, Christmas Day, New Year's Day, the early May holiday), and the
 * substitute weekdays. What a single proclamation moved or added cannot be computed and stands below as data.
 * Source of the data and of the names: https://www.gov.uk/bank-holidays (Open Government Licence v3.0), and for the years
 * before its feed, the London Gazette.
 */

/** By date: what was added. */
const ADDED: Readonly<Record<string, string>> = {
  "1999-12-31": "Millennium holiday",
  "2002-06-03": "Golden Jubilee bank holiday",
  "2011-04-29": "Bank holiday for the royal wedding",
  "2012-06-05": "Diamond Jubilee bank holiday",
  "2022-06-03": "Platinum Jubilee bank holiday",
  "2022-09-19": "Bank Holiday for the State Funeral of Queen Elizabeth II",
  "2023-05-08": "Bank holiday for the coronation of King Charles III",
};

/** By the date that the rule gives: where it was moved to, and its name that year. */
const MOVED: Readonly<Record<string, readonly [to: string, name: string]>> = {
  "1995-05-01": ["1995-05-08", "Early May bank holiday (VE day)"],
  "2002-05-27": ["2002-06-04", "Spring bank holiday"],
  "2012-05-28": ["2012-06-04", "Spring bank holiday"],
  "2020-05-04": ["2020-05-08", "Early May bank holiday (VE day)"],
  "2022-05-30": ["2022-06-02", "Spring bank holiday"],
};

/** Easter Sunday of the Gregorian calendar, by the anonymous algorithm (Nature, 20 April 1876). */
const easterDay = (year: number): number => {
  const a = year % 19;
  const b = Math.floor(year / 100);
  const c = year % 100;
  const d = Math.floor(b / 4);
  const f = Math.floor((b + 8) / 25);
  const g = Math.floor((b - f + 1) / 3);
  const h = (19 * a + b - d - g + 15) % 30;
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const n = h + l - 7 * m + 114;
  return dayOf(`${year}-0${Math.floor(n / 31)}-${String((n % 31) + 1).padStart(2, "0")}`);
};

const firstMonday = (date: string): number => {
  const day = dayOf(date);
  return day + ((8 - weekdayOf(day)) % 7);
};
const lastMonday = (date: string): number => {
  const day = dayOf(date);
  return day - (weekdayOf(day) - 1);
};

const holidaysOf = (year: number): ReadonlyMap<string, string> => {
  const easter = easterDay(year);
  const newYear = dayOf(`${year}-01-01`);
  const christmas = dayOf(`${year}-12-25`);
  const boxing = christmas + 1;
  // A weekend day is replaced by the next weekday that is not a holiday already.
  const newYearOff = newYear + ([0, 0, 0, 0, 0, 2, 1][weekdayOf(newYear) - 1] ?? 0);
  const christmasOff = christmas + ([0, 0, 0, 0, 0, 2, 2][weekdayOf(christmas) - 1] ?? 0);
  const boxingOff = boxing + ([0, 0, 0, 0, 0, 2, 2][weekdayOf(boxing) - 1] ?? 0);
  const byRule: readonly (readonly [day: number, name: string])[] = [
    [newYearOff, "New Year’s Day"],
    [easter - 2, "Good Friday"],
    [easter + 1, "Easter Monday"],
    [firstMonday(`${year}-05-01`), "Early May bank holiday"],
    [lastMonday(`${year}-05-31`), "Spring bank holiday"],
    [lastMonday(`${year}-08-31`), "Summer bank holiday"],
    [christmasOff, "Christmas Day"],
    [boxingOff, "Boxing Day"],
  ];
  const added = Object.entries(ADDED).filter(([date]) => date.startsWith(`${year}-`));
  return new Map([...byRule.map(([day, name]) => MOVED[dateOf(day)] ?? ([dateOf(day), name] as const)), ...added]);
};

const years = new Map<number, ReadonlyMap<string, string>>();

/** Every bank holiday of a year, date → name. The rules hold from 1978, when the early May holiday began. */
export const bankHolidaysIn = (year: number): ReadonlyMap<string, string> => {
  const known = years.get(year);
  if (known !== undefined) return known;
  const made = holidaysOf(year);
  years.set(year, made);
  return made;
};

/** The name of the bank holiday on a London date, or undefined. A weekend day that a substitute replaces is not one. */
export const bankHoliday = (date: string): string | undefined => bankHolidaysIn(Number(date.slice(0, 4))).get(date);

/** Monday to Friday and no bank holiday. */
export const isWorkingDay = (date: string): boolean => weekdayOf(dayOf(date)) <= 5 && bankHoliday(date) === undefined;
