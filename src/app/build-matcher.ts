import { createSolverRunner, warmUpPlanning, type Problem } from "../features/matching/index.ts";
import { nobody } from "../features/identity/index.ts";
import { addRoutes, createServer } from "../platform/http/server.ts";
import { finishGently } from "../platform/http/stopping.ts";
import { withoutSql } from "../platform/db/sql-errors.ts";
import { startSweep } from "../platform/queue/sweep.ts";
import { addMetricsRoute } from "../platform/telemetry/http-metrics.ts";
import { inSpan } from "../platform/telemetry/trace.ts";
import { healthRoutes } from "./health.routes.ts";
import { sendingSweeper, reachSweepers } from "../features/reach/index.ts";
import { sealingSweepers } from "../features/webhooks/index.ts";
import { createCouriers } from "./couriers.ts";
import { jobHandlers, sweepers } from "./jobs.ts";
import { openCourier, openPoster } from "./webhooks.ts";
import type { Resources } from "./resources.ts";

export interface StartedMatcher {
  /** Plans for nobody, for some seconds, so that the first desks need not wait longer than the next: once all is served. */
  readonly warmUp: () => void;
}

/** Starts carrying out jobs and sweeping on opened resources; both stop with them, the sweep before the workers. */
export const startMatcher = async (resources: Resources): Promise<StartedMatcher> => {
  const { config, database, log, planning, queue, releasers, sealer, telemetry } = resources;
  const solver = createSolverRunner();
  solver.warm();
  releasers.add("the solver", () => solver.close());
  const parts = {
    database,
    log,
    fallbackDir: config.fallbackDir,
    solve: (problem: Problem) => inSpan({ name: "solve", kind: "internal" }, async () => solver.run(problem)),
  };
  const handlers = jobHandlers({ ...parts, database: planning });
  await queue.startWorkers(handlers, { concurrency: config.matcher.concurrency });
  const courier = openCourier({ database, log, poster: openPoster(config), sealer });
  releasers.add("webhooks", () => courier.close());
  const { metrics, sink } = telemetry;
  const sweeping = {
    everyMs: config.matcher.sweepEveryMs,
    log,
    observe: metrics.observeSweep,
    sink,
    giveWay: () => queue.untilIdle(GIVE_WAY_MS),
  };
  const sweep = startSweep([...sealingSweepers(database, sealer, log), ...sweepers(parts), courier.sweeper], sweeping);
  // A queue that was away may have come back empty.
  queue.onBack(() => sweep.hurry());
  releasers.add("the sweep", () => sweep.close());
  const couriers = createCouriers(config.reach, database);
  releasers.add("mail and push", async () => {
    for (const courier of Object.values(couriers)) courier.close();
  });
  for (const sweepers of [reachSweepers(database, couriers), [sendingSweeper(database, couriers)]]) {
    const reaching = startSweep(sweepers, sweeping);
    releasers.add("the sweep of messages", () => reaching.close());
  }
  return { warmUp: () => warmUp(resources, async (problem) => solver.run(problem)) };
};

/** In the background, until the process stops: nobody waits for it, and nothing depends on it. */
const warmUp = ({ planning, log, releasers }: Resources, solve: Parameters<typeof warmUpPlanning>[1]): void => {
  let isOver = false;
  const warming = warmUpPlanning(planning, solve, { ...WARM_UP, isOver: () => isOver }).catch((error: unknown) =>
    log.warn({ error: withoutSql(error).message }, "planning could not be warmed up"),
  );
  releasers.add("warming up", async () => {
    isOver = true;
    await warming;
  });
};

/** A plan takes a dozen milliseconds; where they come one after another sweeps go on beside them. */
const GIVE_WAY_MS = 50;

const WARM_UP = { plans: 200, forMs: 3_000 };

/** A matcher serves nobody but orchestrators: health and readiness, and nothing else. */
export const serveHealth = async (resources: Resources, port: number): Promise<void> => {
  const { config, database, log, releasers } = resources;
  const server = createServer({ log, requestTimeoutMs: config.http.requestTimeoutMs, trustProxy: false });
  addMetricsRoute(server, resources.telemetry.metrics, config.metricsToken);
  finishGently(server, 1_000);
  releasers.add("the health server", () => server.close());
  addRoutes(server, healthRoutes(resources), database, {
    identify: async () => undefined,
    admit: () => nobody,
    scope: () => "nobody",
  });
  await server.listen({ host: config.http.host, port });
};
