import type pg from "pg";
import type { Config } from "../config/config.ts";
import { ensureCatalogue } from "../features/services/index.ts";
import { createDatabase, createPool, noHooks, type Database, type PoolOptions } from "../platform/db/database.ts";
import { migrate, missingMigrations } from "../platform/db/migrate.ts";
import { openEmbeddedPostgres } from "../platform/embedded-postgres/index.ts";
import { appendEvents } from "../platform/event-log/event-log.ts";
import type { Logger } from "../platform/log/log.ts";
import { createCommitHooks } from "../platform/queue/commit-hooks.ts";
import { openQueue, type Queue } from "../platform/queue/queue.ts";
import { openWakeBus } from "../platform/realtime/open-wake-bus.ts";
import type { WakeBus } from "../platform/realtime/wake-bus.ts";
import { jobContracts } from "./jobs.ts";
import { createReleasers, type Releasers } from "./releasers.ts";
import { SchemaBehind } from "./schema-behind.ts";
import { openSealer } from "./sealing.ts";
import type { Sealer } from "../platform/secrets/sealer.ts";
import { addFigures, openTelemetry, type Telemetry } from "./telemetry.ts";

/** What the processes are built from. Opened in order, closed in reverse. */
export interface Resources {
  readonly config: Config;
  readonly log: Logger;
  readonly pool: pg.Pool;
  readonly database: Database;
  /**
   * The same over connections of their own, which stay open: a plan finds those that have made the plans of its statements,
   * which costs more than carrying them out.
   */
  readonly planning: Database;
  readonly queue: Queue;
  readonly bus: WakeBus;
  readonly telemetry: Telemetry;
  /** For secrets that lie in the database. */
  readonly sealer: Sealer;
  /** From here on `/readyz` says that this process is stopping. */
  beginStopping(): void;
  readonly isStopping: () => boolean;
  /** Wakes readers in this very process, before the bus tells the others. */
  onWake(listener: (streams: readonly string[]) => void): void;
  readonly releasers: Releasers;
}

export interface ResourceOptions {
  readonly config: Config;
  readonly log: Logger;
  /** `always`: serve. `embedded`: only our own PostgreSQL; a given one is migrated by `covershare migrate`. */
  /** `never`: it is about to be replaced. */
  readonly migrates: "always" | "embedded" | "never";
  readonly applicationName: string;
}

const requireSchema = async (url: string): Promise<void> => {
  const pool = createPool({
    url,
    max: 1,
    statementTimeoutMs: 10_000,
    applicationName: "covershare start",
    onError: () => undefined,
  });
  try {
    const missing = await missingMigrations(createDatabase(pool, noHooks).q);
    if (missing > 0) {
      throw new SchemaBehind(`The database lacks ${missing} migrations of this version. Run: covershare migrate`);
    }
  } finally {
    await pool.end();
  }
};

/** The address of the database: the given one, or the embedded server, which is started and later stopped if nobody else owns it. */
const openServer = async (options: ResourceOptions, releasers: Releasers): Promise<string> => {
  const { config, log, migrates } = options;
  const given = config.database.url;
  if (given !== undefined) {
    if (migrates === "always") await migrate(given);
    else if (migrates === "embedded") await requireSchema(given);
    return given;
  }
  const embedded = await openEmbeddedPostgres({ dataDir: config.database.dataDir, log });
  releasers.add("the embedded PostgreSQL", () => embedded.close());
  if (migrates !== "never") await migrate(embedded.url);
  return embedded.url;
};

/**
 * Opens database, wake-ups and queue. If one fails, those before it are closed.
 */
export const openResources = async (options: ResourceOptions): Promise<Resources> => {
  const { config, log } = options;
  const releasers = createReleasers(log, config.shutdownMs);
  let isStopping = false;
  try {
    const telemetry = openTelemetry(config, log, releasers);
    const { metrics, sink } = telemetry;
    const url = await openServer(options, releasers);
    const openPool = (of: Pick<PoolOptions, "max" | "keepsPlans">): pg.Pool => {
      const opened = createPool({
        ...of,
        url,
        statementTimeoutMs: config.database.statementTimeoutMs,
        applicationName: options.applicationName,
        onError: (error) => log.warn({ error: error.message }, "an idle database connection broke and is replaced"),
      });
      releasers.add("a database pool", () => opened.end());
      return opened;
    };
    const pool = openPool({ max: config.database.poolMax });
    // Two for each plan (see `beside`).
    const planningPool = openPool({ max: 2 * config.matcher.concurrency, keepsPlans: true });
    const side =
      config.redisUrl === undefined
        ? ({ kind: "postgres", url } as const)
        : ({ kind: "redis", url: config.redisUrl } as const);
    const bus = openWakeBus({ ...side, log });
    releasers.add("wake-ups", () => bus.close());
    const queue = await openQueue({ backend: side, contracts: jobContracts, log, sink, observe: metrics.observeJob });
    // Three quarters of the time for jobs at hand; what is not done by then another matcher takes up.
    releasers.add("the queue", () => queue.close(config.shutdownMs * 0.75));
    const listeners: ((streams: readonly string[]) => void)[] = [];
    const hooks = createCommitHooks({
      appendEvents,
      enqueue: (followUp) => queue.producer.enqueue(followUp),
      wake: (streams) => {
        for (const listener of listeners) listener(streams);
        bus.publish(streams);
      },
      log,
    });
    const database = createDatabase(pool, hooks);
    addFigures(metrics, { pool, q: database.q, queue, hasMail: config.reach.smtpUrl !== undefined });
    const sealer = await openSealer(config, log);
    if (config.database.url === undefined || options.migrates === "always") await ensureCatalogue(database.q);
    return {
      config,
      log,
      pool,
      database,
      planning: createDatabase(planningPool, hooks),
      queue,
      bus,
      telemetry,
      sealer,
      beginStopping: () => {
        isStopping = true;
      },
      isStopping: () => isStopping,
      onWake: (listener) => void listeners.push(listener),
      releasers,
    };
  } catch (error) {
    await releasers.release();
    throw error;
  }
};

/** Only where the database is, started if it is ours. */
export const openAddress = async (options: ResourceOptions): Promise<{ url: string; releasers: Releasers }> => {
  const releasers = createReleasers(options.log, options.config.shutdownMs);
  try {
    return { url: await openServer(options, releasers), releasers };
  } catch (error) {
    await releasers.release();
    throw error;
  }
};

/** Only the database, for commands that ask for nothing else; what they change wakes nobody, the sweep finds it. */
export const openDatabaseOnly = async (
  options: ResourceOptions,
): Promise<{ database: Database; releasers: Releasers }> => {
  const { config, log } = options;
  const releasers = createReleasers(log, config.shutdownMs);
  try {
    const pool = createPool({
      url: await openServer(options, releasers),
      max: 4,
      // A command may take its time: nobody waits with a browser.
      statementTimeoutMs: 600_000,
      applicationName: options.applicationName,
      onError: (error) => log.warn({ error: error.message }, "an idle database connection broke and is replaced"),
    });
    releasers.add("the database pool", () => pool.end());
    const database = createDatabase(pool, { beforeCommit: appendEvents, afterCommit: () => undefined });
    return { database, releasers };
  } catch (error) {
    await releasers.release();
    throw error;
  }
};
