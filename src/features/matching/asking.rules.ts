import { addOpenMinutes, type OpeningHours } from "../calendar/index.ts";
import { waitInRing, type Asking } from "../cover-plans/index.ts";
import type { Priority } from "../offers/index.ts";

/*
 * How widely and how patiently practices are asked (rules A2 to A6), as the group's cover plans say. Numbers of practices,
 * never of people.
 */

/** Waiting offers a desk may have (A6). */
export const DESK_FULL = 8;

/** The last ring: 1 buddies, 2 same PCN, 3 the sharing group. */
export const LAST_RING = 3;

interface Asked {
  readonly asking: Asking;
  readonly extraAsks: number;
}

/** With how many practices a need may wait at once: its breadth (A2), and one more for each ring that passed unanswered (A3). */
export const asksAllowed = ({ asking, extraAsks }: Asked): number => asking.breadth + extraAsks;

/** To how many practices a need that no published slot covers may be put at once (A4): so many for each ring that opened. */
export const callsAllowed = ({ asking, extraAsks }: Asked): number => asking.calls * (1 + extraAsks);

/**
 * How many practices may be called for a need that waits for `asked` practices with published times: after each wait that
 * passed unanswered one more practice may be asked (A3), and where no published time is left it is called. None where the
 * cover plan calls nobody.
 */
export const callsBeside = (need: Asked, asked: number): number =>
  Math.min(need.extraAsks, asksAllowed(need) - asked, callsAllowed(need));

/**
 * When a ring's wait has passed (A3): asap by the clock, otherwise in open time. Open means the home practice's hours: it
 * is the home practice that waits, and one need may wait for several desks.
 */
export const ringWaitEnds = (
  { priority, asking }: { readonly priority: Priority; readonly asking: Asking },
  ring: number,
  now: Date,
  homeHours: readonly OpeningHours[],
): Date => {
  const minutes = waitInRing(asking, ring);
  return priority === "asap" ? new Date(now.getTime() + minutes * 60_000) : addOpenMinutes(homeHours, now, minutes);
};

/**
 * Whether another wait begins (A3). A ring that held nothing was skipped without a wait, and with it the one more practice
 * that its wait would have brought; those are made good in the last ring, three in all. Without this most routine needs
 * waited with one silent desk for a whole open day: in the simulated rush the slowest tenth of needs took 18.3 hours to full
 * cover instead of 5.0, with the same cover and 3 % more practices asked.
 */
export const widensFurther = (need: { readonly ring: number; readonly extraAsks: number }): boolean =>
  need.ring < LAST_RING || need.extraAsks < LAST_RING;
