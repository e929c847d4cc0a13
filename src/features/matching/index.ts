export type { Solver } from "./blocks.rules.ts";
export { matchingJobs, matchingSweepers } from "./matching.jobs.ts";
export { matchingRoutes } from "./matching.routes.ts";
export { planDueGroups, planGroup, widenDue } from "./plan.service.ts";
export { reasonWords } from "./reasons.rules.ts";
export { parseScenario, toAnswer } from "./scenario.schema.ts";
export { whatIf, type Supposition } from "./what-if.service.ts";
export { createSolverRunner, solve, solveHere, type Plan, type Problem, type SolverRunner } from "./solver/index.ts";
