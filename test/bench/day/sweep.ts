import { defaultPlan, rushPlan } from "../../../src/features/cover-plans/index.ts";
import type { Plan } from "../../../src/features/cover-plans/cover-plans.schema.ts";

/*
 * Ways to ask that `--sweep` compares with the default: longer and shorter waits, fewer and more practices at once. What came
 * of it stands in the README of cover-plans.
 */

type Three = readonly [routine: number, urgent: number, asap: number];

const everywhere = (minutes: number) => ({ buddies: minutes, pcn: minutes, group: minutes });

const asking = (waits: Three, breadth: Three, calls: Three): Plan => ({
  routine: { waits: everywhere(waits[0]), breadth: breadth[0], calls: calls[0] },
  urgent: { waits: everywhere(waits[1]), breadth: breadth[1], calls: calls[1] },
  asap: { waits: everywhere(waits[2]), breadth: breadth[2], calls: calls[2] },
});

const WAITS: Three = [240, 45, 10];
const BREADTH: Three = [1, 2, 3];
const CALLS: Three = [3, 3, 6];

/** Each differs from A2 to A4 in one thing; the last one in all. */
export const variants: readonly (readonly [name: string, plan: Plan])[] = [
  ["the default", defaultPlan],
  ["waits × 2", asking([480, 90, 20], BREADTH, CALLS)],
  ["waits ÷ 2", asking([120, 22, 5], BREADTH, CALLS)],
  ["waits ÷ 4", asking([60, 11, 5], BREADTH, CALLS)],
  ["waits for a rush", rushPlan],
  ["breadth 1, 1, 1", asking(WAITS, [1, 1, 1], CALLS)],
  ["breadth 2, 3, 4", asking(WAITS, [2, 3, 4], CALLS)],
  ["calls 1, 1, 3", asking(WAITS, BREADTH, [1, 1, 3])],
  ["calls 6, 6, 12", asking(WAITS, BREADTH, [6, 6, 12])],
  ["waits ÷ 4, breadth 2, 3, 4, calls 6, 6, 12", asking([60, 11, 5], [2, 3, 4], [6, 6, 12])],
];
