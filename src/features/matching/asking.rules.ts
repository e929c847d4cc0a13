import { addOpenMinutes, type OpeningHours } from "../calendar/index.ts";
import type { Priority } from "../offers/index.ts";

/*
 * How widely and how patiently practices are asked (rules A2 to A6). Numbers of practices, never of people.
 */

/** Waiting offers a desk may have (A6). */
export const DESK_FULL = 8;

/** The last ring: 1 buddies, 2 same PCN, 3 the sharing group. */
export const LAST_RING = 3;

const BREADTH = { routine: 1, urgent: 2, asap: 3 } as const satisfies Record<Priority, number>;

/** With how many practices a need may wait at once: its breadth (A2), and one more for each ring that passed unanswered (A3). */
export const asksAllowed = (need: { readonly priority: Priority; readonly extraAsks: number }): number =>
  BREADTH[need.priority] + need.extraAsks;

const CALLS_A_RING = { routine: 3, urgent: 3, asap: 6 } as const satisfies Record<Priority, number>;

/** To how many practices a need that no published slot covers may be put at once (A4): three a ring that opened, asap six. */
export const callsAllowed = (need: { readonly priority: Priority; readonly extraAsks: number }): number =>
  CALLS_A_RING[need.priority] * (1 + need.extraAsks);

/**
 * When a ring's wait has passed (A3): asap 10 minutes by the clock, urgent 45 open minutes, routine 4 open hours. Open means
 * the home practice's hours: it is the home practice that waits, and one need may wait for several desks.
 */
export const ringWaitEnds = (priority: Priority, now: Date, homeHours: readonly OpeningHours[]): Date => {
  if (priority === "asap") return new Date(now.getTime() + 10 * 60_000);
  return addOpenMinutes(homeHours, now, priority === "urgent" ? 45 : 240);
};

/**
 * Whether another wait begins (A3). A ring that held nothing was skipped without a wait, and with it the one more practice
 * that its wait would have brought; those are made good in the last ring, three in all. Without this most routine needs
 * waited with one silent desk for a whole open day: in the simulated rush the slowest tenth of needs took 18.3 hours to full
 * cover instead of 5.0, with the same cover and 3 % more practices asked.
 */
export const widensFurther = (need: { readonly ring: number; readonly extraAsks: number }): boolean =>
  need.ring < LAST_RING || need.extraAsks < LAST_RING;
