export type { Solver } from "./blocks.rules.ts";
export { matchingJobs, matchingSweepers } from "./matching.jobs.ts";
export { planDueGroups, planGroup, widenDue } from "./plan.service.ts";
export { reasonWords } from "./reasons.rules.ts";
export { solve, type Plan, type Problem } from "./solver/index.ts";
