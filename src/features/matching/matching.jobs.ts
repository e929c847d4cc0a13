import { wallClock } from "../../platform/clock/clock.ts";
import type { Database } from "../../platform/db/database.ts";
import { handles, type JobHandler } from "../../platform/queue/job.ts";
import type { Sweeper } from "../../platform/queue/sweep.ts";
import { planGroupJob } from "../match-due/index.ts";
import type { Solver } from "./blocks.rules.ts";
import { explainDue } from "./not-asked.service.ts";
import { planDueGroups, planGroup, widenDue } from "./plan.service.ts";

export const matchingJobs = (database: Database, solve: Solver): readonly JobHandler[] => [
  handles(planGroupJob, async ({ groupCode }) => planGroup(database, groupCode, solve)),
];

const EXPLAIN_EVERY_MS = 5_000;

/**
 * Widening first, so that one round of the sweep also plans what it made due. Explanations are for people who wonder, and
 * read the whole group: they are worked out for many lines at once, every few seconds.
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
        if (now - explainedAt < EXPLAIN_EVERY_MS) return;
        explainedAt = now;
        await explainDue(database);
      },
    },
  ];
};
