import { buildApi } from "../../../src/app/build-api.ts";
import { jobHandlers, sweepers } from "../../../src/app/jobs.ts";
import { openResources, type Resources } from "../../../src/app/resources.ts";
import { loadConfig } from "../../../src/config/config.ts";
import type { Solver } from "../../../src/features/matching/index.ts";
import { silentLogger } from "../../../src/platform/log/log.ts";
import { startSweep } from "../../../src/platform/queue/sweep.ts";
import type { WakeBus } from "../../../src/platform/realtime/wake-bus.ts";
import type { TestDatabase } from "../../support/index.ts";

/** One process's worth of Covershare, composed here so that a test can put something of its own between two parts. */
export interface Composition {
  readonly resources: Resources;
  close(): Promise<void>;
}

const open = async (db: TestDatabase, redisUrl: string | undefined): Promise<Resources> => {
  const config = loadConfig({ DATABASE_URL: db.url, PORT: "0", DB_POOL_MAX: "8", REDIS_URL: redisUrl });
  return openResources({ config, log: silentLogger, migrates: "embedded", applicationName: "covershare test" });
};

/** An API process. `wrapBus` stands between its hub and the wake-ups of the others. */
export const composeApi = async (
  db: TestDatabase,
  { redisUrl, wrapBus }: { readonly redisUrl?: string; readonly wrapBus?: (bus: WakeBus) => WakeBus } = {},
): Promise<Composition & { readonly url: string }> => {
  const resources = await open(db, redisUrl);
  const close = (): Promise<void> => resources.releasers.release();
  try {
    const bus = wrapBus?.(resources.bus) ?? resources.bus;
    const api = await buildApi({ ...resources, bus });
    return { resources, close, url: await api.listen() };
  } catch (error) {
    await close();
    throw error;
  }
};

/** A matcher that plans with the solver given: jobs from the queue, and the sweep. */
export const composeMatcher = async (
  db: TestDatabase,
  { redisUrl, solver }: { readonly redisUrl?: string; readonly solver: Solver },
): Promise<Composition> => {
  const resources = await open(db, redisUrl);
  const { config, database, log, queue, releasers } = resources;
  try {
    const parts = { database, log, solve: solver };
    await queue.startWorkers(jobHandlers(parts), { concurrency: config.matcher.concurrency });
    const sweep = startSweep(sweepers(parts), { everyMs: config.matcher.sweepEveryMs, log });
    releasers.add("the sweep", () => sweep.close());
    return { resources, close: () => releasers.release() };
  } catch (error) {
    await releasers.release();
    throw error;
  }
};
