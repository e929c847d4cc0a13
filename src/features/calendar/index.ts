export { bankHoliday, bankHolidaysIn, isWorkingDay } from "./bank-holidays.rules.ts";
export { dateSchema, openingHoursSchema, openingWeekSchema } from "./calendar.schema.ts";
export { isSameLondonDay, londonDate, londonInstant, londonTime, speakInstant } from "./london.rules.ts";
export {
  addOpenDays,
  addOpenMinutes,
  defaultOpeningHours,
  isOpenAt,
  nextOpening,
  openFrom,
  openMinutesBetween,
  type OpeningHours,
} from "./opening-hours.rules.ts";
export { typedTime } from "./typed-time.rules.ts";
export { holidaysAhead, openDays, speakDay, type OpenDay } from "./open-days.rules.ts";
