import { addOpenMinutes, defaultOpeningHours } from "../../../src/features/calendar/index.ts";
import type { Priority } from "../../../src/features/requests/index.ts";
import { draw, drawLogNormal } from "./draw.ts";

/*
 * How a desk answers, drawn once for each practice and request: yes or no does not depend on when or by whom it is asked.
 * Assumed, since nothing is published: of ten desks asked for published times eight say yes, one no, one never answers; of
 * ten called without having published anything four say yes. An answer takes a log-normal time of the desk's open
 * minutes, sooner where it is urgent; what takes longer than the offer waits comes too late.
 */
const SHARES = { ask: { yes: 0.8, no: 0.1 }, call: { yes: 0.4, no: 0.4 } } as const;
const MEDIAN_MINUTES = { asap: 8, urgent: 20, routine: 60 } as const satisfies Record<Priority, number>;
const SIGMA = 1.1;
/** Rule O2, in open minutes of the desk: what a desk that answers in time takes at most. */
const WAITS_MINUTES = { asap: 30, urgent: 120, routine: 630 } as const satisfies Record<Priority, number>;

export interface Answer {
  readonly says: "yes" | "no" | "never";
  /** Open minutes of the desk. */
  readonly minutes: number;
}

export const answerOf = (
  seed: number,
  practice: string,
  request: string,
  kind: "ask" | "call",
  priority: Priority,
): Answer => {
  const chance = draw(seed, practice, request, "answer");
  const { yes, no } = SHARES[kind];
  return {
    says: chance < yes ? "yes" : chance < yes + no ? "no" : "never",
    minutes: drawLogNormal(
      MEDIAN_MINUTES[priority],
      SIGMA,
      draw(seed, practice, request, "delay"),
      draw(seed, practice, request, "delay too"),
    ),
  };
};

/** Whether a yes would come in time: what the clairvoyant may count on. */
export const isYesInTime = ({ says, minutes }: Answer, priority: Priority): boolean =>
  says === "yes" && minutes <= WAITS_MINUTES[priority];

/** When the desk, asked at this instant, answers. */
export const answeredAt = ({ minutes }: Answer, askedAt: number): number =>
  addOpenMinutes(defaultOpeningHours, new Date(askedAt), minutes).getTime();

/** When an offer made now lapses (O2). */
export const expiresAt = (priority: Priority, askedAt: number): number =>
  priority === "asap"
    ? askedAt + 30 * 60_000
    : addOpenMinutes(defaultOpeningHours, new Date(askedAt), WAITS_MINUTES[priority]).getTime();
