import { addOpenMinutes, openMinutesBetween, type OpeningHours } from "../calendar/index.ts";

/** A slot given back later than this before its start, in open minutes, is of little use to anybody. */
const LAST_USEFUL_MINUTES = 120;
/** Home gets at least this many open minutes; where it cannot, the appointment is too near for a release-by. */
const LEAST_MINUTES = 30;

export interface ReleaseBy {
  readonly releaseAt: Date;
  /** Half-way to it: home is warned then. */
  readonly warnAt: Date;
}

const by = (hours: readonly OpeningHours[], now: Date, minutes: number): ReleaseBy => ({
  releaseAt: addOpenMinutes(hours, now, minutes),
  warnAt: addOpenMinutes(hours, now, minutes / 2),
});

/**
 * By when home must have passed the patient's details on (rule H4), counted in open time of home's desk from `now`: half
 * of what there is until the start, and at the latest 2 open hours before it, so that somebody else can still use the
 * slot. Undefined where that leaves less than 30 open minutes: then the board watches the appointment, and no clock takes
 * it away. A rule of thumb: no published figure was found for how late a handed-back slot is still filled.
 */
export const releaseBy = (hours: readonly OpeningHours[], now: Date, startsAt: Date): ReleaseBy | undefined => {
  const ahead = openMinutesBetween(hours, now, startsAt);
  const minutes = Math.min(ahead / 2, ahead - LAST_USEFUL_MINUTES);
  return minutes < LEAST_MINUTES ? undefined : by(hours, now, minutes);
};

/** *We still need it*: once, to half-way between the release-by and the start in home's open time (rule H4). */
export const extendedRelease = (
  hours: readonly OpeningHours[],
  now: Date,
  release: { readonly releaseAt: Date; readonly startsAt: Date },
): ReleaseBy => {
  const more = openMinutesBetween(hours, release.releaseAt, release.startsAt) / 2;
  return by(hours, now, openMinutesBetween(hours, now, release.releaseAt) + more);
};
