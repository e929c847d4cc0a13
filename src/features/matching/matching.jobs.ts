import { wallClock } from "../../platform/clock/clock.ts";
import type { Database } from "../../platform/db/database.ts";
import { handles, type JobHandler } from "../../platform/queue/job.ts";
import type { Sweeper } from "../../platform/queue/sweep.ts";
import { planGroupJob } from "../match-due/index.ts";
import type { Solver } from "./blocks.rules.ts";
import { explainDue } from "./not-asked.service.ts";
import { planDueGroups, planGroup, widenDue } from "./plan.service.ts";

/** When this process last planned because of a job, on its monotonic clock. */
let plannedAt = Number.NEGATIVE_INFINITY;

export const matchingJobs = (database: Database, solve: Solver): readonly JobHandler[] => [
  handles(planGroupJob, async ({ groupCode }) => {
    plannedAt = wallClock.monotonicMs();
    await planGroup(database, groupCode, solve);
  }),
];

const EXPLAIN_EVERY_MS = 5_000;
/** While jobs keep coming somebody waits for each of them. */
const EXPLAIN_EVERY_MS_IF_BUSY = 60_000;
const BUSY_MS = 1_000;

/**
 * Widening first, so that one round of the sweep also plans what it made due. Explanations are for people who wonder, read
 * the whole group, and are worked out anew by whoever looks at one: they are made for many lines at once, every few
 * seconds when nobody waits for a plan.
 */
export const matchingSweepers = (database: Database, solve: Solver): readonly Sweeper[] => {
  let explainedAt = Number.NEGATIVE_INFINITY;
  return [
    { name: "widen", run: () => widenDue(database) },
    { name: "plan", run: () => planDueGroups(database, solve) },
    {
      name: "explain",
      run: async () => {
        const now = wallClock.monotonicMs();
        const isBusy = now - plannedAt < BUSY_MS;
        if (now - explainedAt < (isBusy ? EXPLAIN_EVERY_MS_IF_BUSY : EXPLAIN_EVERY_MS)) return;
        explainedAt = now;
        await explainDue(database);
      },
    },
  ];
};
