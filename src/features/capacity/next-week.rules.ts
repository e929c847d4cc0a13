import { isWorkingDay, londonDate, londonInstant, londonTime } from "../calendar/index.ts";
import { addDays, skipReason } from "./series.rules.ts";

/*
 * "Same clinics next week?": when it is asked, and what the week after would be made of. A week begins on Monday, in London.
 */

/** The Monday of the week of a London day. */
export const mondayOf = (date: string): string => {
  const weekday = (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7;
  return addDays(date, -weekday);
};

/** The last of these days that is a working day. */
const lastWorkingDay = (monday: string, days: readonly number[]): string | undefined =>
  days.map((day) => addDays(monday, day)).findLast(isWorkingDay);

/**
 * When a practice is asked about the week after that of `monday`: on Thursday at 10:00, or on the working day before where
 * that is a bank holiday; until 17:00 of the week's last working day for one that could not be asked at once. Undefined in a
 * week without such a day.
 */
export const askingTimes = (monday: string): { readonly from: Date; readonly until: Date } | undefined => {
  const askDay = lastWorkingDay(monday, [0, 1, 2, 3]);
  const lastDay = lastWorkingDay(monday, [0, 1, 2, 3, 4]);
  if (askDay === undefined || lastDay === undefined) return undefined;
  return { from: londonInstant(askDay, "10:00"), until: londonInstant(lastDay, "17:00") };
};

/** The Monday of the week about whose repetition it is time to ask, if it is. */
export const weekToAskAbout = (now: Date): string | undefined => {
  const monday = mondayOf(londonDate(now));
  const times = askingTimes(monday);
  return times !== undefined && times.from <= now && now < times.until ? monday : undefined;
};

/** A clinic of either week, as far as repeating it goes. */
export interface WeekClinic {
  readonly id: string;
  readonly siteId: string;
  readonly lane: string | null;
  readonly services: readonly string[];
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly seriesId: string | null;
}

/**
 * What would become of one of this week's clinics. `ended`: its weekly clinic is not there next week, because somebody
 * ended it or took that day back, and that was meant.
 */
export type Repetition =
  | { readonly kind: "publish"; readonly startsAt: Date; readonly endsAt: Date }
  | { readonly kind: "there" }
  | { readonly kind: "skipped"; readonly says: string }
  | { readonly kind: "ended" }
  | { readonly kind: "lane-taken" };

/** The same wall time seven days later: 09:00 stays 09:00 across a clock change. */
export const aWeekLater = (at: Date): Date => londonInstant(addDays(londonDate(at), 7), londonTime(at));

const overlap = (left: { startsAt: Date; endsAt: Date }, right: { startsAt: Date; endsAt: Date }): boolean =>
  left.startsAt < right.endsAt && right.startsAt < left.endsAt;

/**
 * Goes through this week's clinics in order. Each clinic of next week stands for one of this week's at most, so that two
 * clinicians without a lane are two clinics next week too; and whoever says yes twice makes them once.
 */
export const repetitionsOf = (
  thisWeek: readonly WeekClinic[],
  nextWeek: readonly WeekClinic[],
  closed: ReadonlySet<string>,
): readonly { readonly clinic: WeekClinic; readonly next: Repetition }[] => {
  const left = [...nextWeek];
  return thisWeek.map((clinic) => {
    const times = { startsAt: aWeekLater(clinic.startsAt), endsAt: aWeekLater(clinic.endsAt) };
    const at = left.findIndex(
      (other) =>
        other.siteId === clinic.siteId &&
        other.lane === clinic.lane &&
        overlap(other, times) &&
        other.services.some((service) => clinic.services.includes(service)),
    );
    if (at >= 0) {
      left.splice(at, 1);
      return { clinic, next: { kind: "there" } };
    }
    const skipped = skipReason(londonDate(times.startsAt), closed);
    if (skipped !== undefined) return { clinic, next: { kind: "skipped", says: skipped.says } };
    if (clinic.seriesId !== null) return { clinic, next: { kind: "ended" } };
    const isTaken =
      clinic.lane !== null && nextWeek.some((other) => other.lane === clinic.lane && overlap(other, times));
    return { clinic, next: isTaken ? { kind: "lane-taken" } : { kind: "publish", ...times } };
  });
};
