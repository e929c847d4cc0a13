import type { Priority, ProblemNeed, ProblemPractice, ProblemRequest } from "./problem.ts";

/*
 * The objective, word for word from the matching design: more weight first, then more needs, then less cost.
 */

const WEIGHT = { asap: 16, urgent: 4, routine: 1 } as const satisfies Record<Priority, number>;
const EARTH_RADIUS_KM = 6371.0088;
/** England's mean ratio of road to straight line (Ballou, Rahardja and Sakai 2002). */
export const DETOUR = 1.4;
export const DAY_MS = 86_400_000;
export const MINUTE_MS = 60_000;
export const POINTS_A_DAY = 0.5;
/** For each different practice that a request uses. */
export const REQUEST_CHARGE = 6;
/** For each different practice that a course uses, besides. */
export const COURSE_CHARGE = 8;
export const OTHER_PCN = 3;
export const BLOCK = 4;
export const LEAN = 2;

export const weightOf = (need: ProblemNeed, request: ProblemRequest): number =>
  WEIGHT[need.priority ?? request.priority];

/** Points for covering a need, before its costs. */
export const valueOf = (weight: number): number => 10_000 * weight + 250;

const RADIANS = Math.PI / 180;
const halfChord = (degrees: number): number => Math.sin((degrees * RADIANS) / 2) ** 2;

/** Kilometres in a straight line (haversine). */
export const kmBetween = (from: ProblemPractice, to: ProblemPractice): number => {
  const chord =
    halfChord(to.lat - from.lat) +
    Math.cos(from.lat * RADIANS) * Math.cos(to.lat * RADIANS) * halfChord(to.lon - from.lon);
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(chord)));
};

/** The part of a block's cost that depends on the two practices only. */
export const pairCost = (home: ProblemPractice, host: ProblemPractice, km: number): number => {
  const perThousand = host.listSize === null || host.listSize === 0 ? 0 : host.balanceMinutes / (host.listSize / 1000);
  return (
    DETOUR * km +
    (home.pcn !== null && home.pcn === host.pcn ? 0 : OTHER_PCN) +
    Math.max(-LEAN, Math.min(LEAN, perThousand / 15)) +
    BLOCK
  );
};
