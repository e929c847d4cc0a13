import type { Database } from "../platform/db/database.ts";
import type { Logger } from "../platform/log/log.ts";
import type { JobContract, JobHandler } from "../platform/queue/job.ts";
import type { Sweeper } from "../platform/queue/sweep.ts";

/** Every job there is: payloads are checked against these when sent and when received. */
export const jobContracts: readonly JobContract[] = [];

export interface JobParts {
  readonly database: Database;
  readonly log: Logger;
}

/** Who carries the jobs out. Boot fails unless each contract has exactly one. */
export const jobHandlers = (_parts: JobParts): readonly JobHandler[] => [];

/** What each matcher looks for by itself, whatever the queue lost (M5). */
export const sweepers = (_parts: JobParts): readonly Sweeper[] => [];
