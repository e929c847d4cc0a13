import type { FieldProblem } from "../../platform/errors/domain-error.ts";
import { layOutSlots, type Stretch } from "./slot-layout.rules.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The one problem that a row which was imported before may have. */
export const PAST = "This is in the past.";

export const MAX_HOURS = 14;
export const MAX_DAYS_AHEAD = 370;

export interface ClinicTimes {
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly breaks: readonly { readonly from: Date; readonly until: Date }[];
  readonly slotMinutes: number;
}

export const stretchOf = (one: { readonly from: Date; readonly until: Date }): Stretch => ({
  from: one.from.getTime(),
  until: one.until.getTime(),
});

export const wholeOf = (times: Pick<ClinicTimes, "startsAt" | "endsAt">): Stretch =>
  stretchOf({ from: times.startsAt, until: times.endsAt });

/** What is wrong with a clinic's times, in plain words; empty where nothing is. `now` is the database's. */
export const timeProblems = (times: ClinicTimes, now: Date): FieldProblem[] => {
  const whole = wholeOf(times);
  const at = now.getTime();
  if (whole.until <= whole.from) return [{ pointer: "/endsAt", message: "The clinic must end after it starts." }];
  const problems: FieldProblem[] = [];
  if (whole.until - whole.from > MAX_HOURS * HOUR)
    problems.push({ pointer: "/endsAt", message: `A clinic lasts at most ${MAX_HOURS} hours.` });
  if (whole.until <= at) problems.push({ pointer: "/endsAt", message: PAST });
  if (whole.from > at + MAX_DAYS_AHEAD * DAY)
    problems.push({ pointer: "/startsAt", message: `Publish at most ${MAX_DAYS_AHEAD} days ahead.` });
  times.breaks.map(stretchOf).forEach((pause, index) => {
    if (pause.until <= pause.from)
      problems.push({ pointer: `/breaks/${index}/until`, message: "A break must end after it starts." });
    else if (pause.from < whole.from || pause.until > whole.until)
      problems.push({ pointer: `/breaks/${index}`, message: "A break lies inside the clinic." });
  });
  if (problems.length === 0 && layOutSlots(whole, times.breaks.map(stretchOf), times.slotMinutes).length === 0)
    problems.push({ pointer: "/slotMinutes", message: "Not one slot of this length fits between these times." });
  return problems;
};
