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

/** Widening first, so that one round of the sweep also plans what it made due. */
export const matchingSweepers = (database: Database, solve: Solver): readonly Sweeper[] => [
  { name: "widen", run: () => widenDue(database) },
  { name: "plan", run: () => planDueGroups(database, solve) },
  { name: "explain", run: () => explainDue(database) },
];
