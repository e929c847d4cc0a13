import { startSweep } from "../platform/queue/sweep.ts";
import { jobHandlers, sweepers } from "./jobs.ts";
import type { Resources } from "./resources.ts";

/** Starts carrying out jobs and sweeping on opened resources; both stop with them, the sweep before the workers. */
export const startMatcher = async (resources: Resources): Promise<void> => {
  const { config, database, log, queue, releasers } = resources;
  const parts = { database, log };
  await queue.startWorkers(jobHandlers(parts), { concurrency: config.matcher.concurrency });
  const sweep = startSweep(sweepers(parts), { everyMs: config.matcher.sweepEveryMs, log });
  releasers.add("the sweep", () => sweep.close());
};
