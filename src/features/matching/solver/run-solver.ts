import { Worker } from "node:worker_threads";
import { wallClock } from "../../../platform/clock/clock.ts";
import type { Plan, Problem } from "./problem.ts";
import { solve, type SolveOptions } from "./solve.ts";
import type { SolverReply, SolverTask } from "./solver.worker.ts";

/** Solves off the event loop where that matters. One thread, started when first needed; tasks wait their turn. */
export interface SolverRunner {
  readonly run: (problem: Problem, options?: SolveOptions) => Promise<Plan>;
  /** Starts the thread before it is needed, so that the first large plan does not wait for it. From source it does nothing. */
  readonly warm: () => void;
  /** Ends the thread; what is still under way is rejected. Ask for nothing afterwards. */
  readonly close: () => Promise<void>;
}

/**
 * Up to this many needs, and pairs of a need and a practice, a plan is made at once on the caller's thread. Such a plan
 * takes a few milliseconds, about what starting on another thread would cost in copying and waiting (see the README).
 */
export const INLINE_NEEDS = 8;
export const INLINE_PAIRS = 3_000;

const needsOf = (problem: Problem): number => problem.requests.reduce((sum, { needs }) => sum + needs.length, 0);

export const isSolvedInline = (problem: Problem): boolean => {
  const needs = needsOf(problem);
  return needs <= INLINE_NEEDS && needs * problem.practices.length <= INLINE_PAIRS;
};

/** Solves on this thread and says how long it took: for one-off commands and small plans. */
export const solveHere = (problem: Problem, options: SolveOptions = {}): Plan => {
  const startedMs = wallClock.monotonicMs();
  const plan = solve(problem, options);
  return { ...plan, solveMs: wallClock.monotonicMs() - startedMs };
};

const isSource = import.meta.url.endsWith(".ts");

/**
 * Compiled, the thread runs the compiled file. From source, which Node 20 cannot read and only tests do, it registers tsx
 * (a development dependency) first; a loader given by `execArgv` does not reach a thread's own entry file.
 */
const startWorker = (): Worker => {
  const file = new URL(isSource ? "./solver.worker.ts" : "./solver.worker.js", import.meta.url);
  const worker = isSource
    ? new Worker(
        `import("tsx/esm/api").then((tsx) => { tsx.register(); return import(${JSON.stringify(file.href)}); })`,
        {
          eval: true,
          execArgv: [],
        },
      )
    : new Worker(file);
  worker.unref();
  return worker;
};

interface Waiting {
  readonly resolve: (plan: Plan) => void;
  readonly reject: (error: Error) => void;
}

export const createSolverRunner = (): SolverRunner => {
  const waiting = new Map<number, Waiting>();
  let worker: Worker | undefined;
  let lastTask = 0;
  let isClosed = false;

  const failAll = (why: string): void => {
    for (const { reject } of waiting.values()) reject(new Error(why));
    waiting.clear();
  };
  const started = (): Worker => {
    if (worker !== undefined) return worker;
    const next = startWorker();
    next.on("message", (reply: SolverReply) => {
      const task = waiting.get(reply.taskId);
      waiting.delete(reply.taskId);
      if (waiting.size === 0) next.unref();
      if ("plan" in reply) task?.resolve(reply.plan);
      else task?.reject(new Error(`The solver failed: ${reply.failure}`));
    });
    // A thread that dies takes its tasks with it; the next task starts another thread.
    const gone = (why: string): void => {
      if (worker !== next) return;
      worker = undefined;
      failAll(why);
    };
    next.on("error", (error) => gone(`The solver's thread failed: ${error.message}`));
    next.on("exit", (code) => gone(`The solver's thread ended with status ${code}.`));
    worker = next;
    return next;
  };

  return {
    warm: () => {
      if (!isSource) started();
    },
    run: async (problem, options = {}) => {
      if (isClosed) throw new Error("The solver is closed.");
      if (isSolvedInline(problem)) return solveHere(problem, options);
      const thread = started();
      lastTask += 1;
      const task: SolverTask = { taskId: lastTask, problem, options };
      return new Promise<Plan>((resolve, reject) => {
        waiting.set(task.taskId, { resolve, reject });
        thread.ref();
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
        thread.postMessage(task);
      });
    },
    close: async () => {
      isClosed = true;
      const ending = worker;
      worker = undefined;
      failAll("The solver was closed before it was done.");
      await ending?.terminate();
    },
  };
};
