import { parentPort } from "node:worker_threads";
import { wallClock } from "../../../platform/clock/clock.ts";
import type { Plan, Problem } from "./problem.ts";
import { solve, type SolveOptions } from "./solve.ts";

/** What crosses to the worker thread, and back. */
export interface SolverTask {
  readonly taskId: number;
  readonly problem: Problem;
  readonly options: SolveOptions;
}
export type SolverReply =
  | { readonly taskId: number; readonly plan: Plan }
  | { readonly taskId: number; readonly failure: string };

parentPort?.on("message", (task: SolverTask) => {
  const startedMs = wallClock.monotonicMs();
  let reply: SolverReply;
  try {
    const plan = solve(task.problem, task.options);
    reply = { taskId: task.taskId, plan: { ...plan, solveMs: wallClock.monotonicMs() - startedMs } };
  } catch (error) {
    reply = { taskId: task.taskId, failure: error instanceof Error ? error.message : String(error) };
  }
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage(reply);
});
