export { catalogueOf, type Catalogue, type Host, type NeedEntry } from "./catalogue.ts";
export {
  BLOCK,
  COURSE_CHARGE,
  DETOUR,
  kmBetween,
  LEAN,
  OTHER_PCN,
  pairCost,
  POINTS_A_DAY,
  REQUEST_CHARGE,
} from "./cost.ts";
export { allowedAt, firstFailingRule, occupancyBefore, type Allowed, type Occupancy } from "./filters.ts";
export {
  REASON_CODES,
  type Placement,
  type Plan,
  type PlannedAssignment,
  type Priority,
  type Problem,
  type ProblemClinic,
  type ProblemNeed,
  type ProblemPractice,
  type ProblemRequest,
  type ProblemSlot,
  type ReasonCode,
  type UnassignedNeed,
} from "./problem.ts";
export { solve, type SolveOptions } from "./solve.ts";
export { createSolverRunner, isSolvedInline, solveHere, type SolverRunner } from "./run-solver.ts";
