import { setTimeout as delay } from "node:timers/promises";
import { wallClock } from "../clock/clock.ts";
import type { Logger } from "../log/log.ts";
import { findBinaries } from "./binaries.ts";
import { createCluster } from "./cluster.ts";
import { EmbeddedPostgresError } from "./errors.ts";
import { choosePlace, ensurePassword, openHome, readPassword, readPort, type Home, type Place } from "./home.ts";
import { claimOwnership, type OwnerLock } from "./owner-lock.ts";
import { adoptServer, knock, startServer, stopServer, urlOf, type RunningServer } from "./server.ts";

export { EmbeddedPostgresError } from "./errors.ts";

export interface EmbeddedPostgres {
  /** Of the database `covershare`, with the superuser's password in it: never log it. */
  readonly url: string;
  /** True if another process owns the server: closing then leaves it running, and it ends when its owner closes. */
  readonly attached: boolean;
  /** Stops the server if it is ours. May be called twice. */
  close(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Created if missing. What is in it: see home.ts. */
  readonly dataDir: string;
  readonly log: Logger;
  /** PostgreSQL settings on top of ours. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** How long to wait for the owner of the folder to have its server ready; creating a cluster on a slow disk takes its time. */
const ATTACH_WITHIN_MS = 60_000;

/**
 * The PostgreSQL of a data folder. The first process to come owns it: it creates the cluster if there is none, starts the
 * server and stops it when it closes. Whoever comes while it runs attaches, and loses the server when the owner closes.
 * A server whose owner was killed is taken over with its data; one that was itself killed is started again and recovers.
 */
export const openEmbeddedPostgres = async (options: EmbeddedOptions): Promise<EmbeddedPostgres> => {
  const home = await openHome(options.dataDir);
  const until = wallClock.monotonicMs() + ATTACH_WITHIN_MS;
  for (;;) {
    const claim = await claimOwnership(home.folder);
    if (claim.won) return own(home, claim.lock, options);
    const url = await attach(home);
    if (url !== undefined) return { url, attached: true, close: async () => undefined };
    if (wallClock.monotonicMs() > until) {
      throw new EmbeddedPostgresError(
        `Process ${claim.holderPid} uses the data folder ${home.folder}, but its PostgreSQL does not answer. ` +
          "Stop that process, or choose another folder with COVERSHARE_DATA_DIR.",
      );
    }
    await delay(100);
  }
};

const attach = async (home: Home): Promise<string | undefined> => {
  const [password, port] = await Promise.all([readPassword(home), readPort(home)]);
  if (password === undefined || port === undefined) return undefined;
  return (await knock(port, password)) === "ready" ? urlOf(port, password, "covershare") : undefined;
};

const own = async (home: Home, lock: OwnerLock, options: EmbeddedOptions): Promise<EmbeddedPostgres> => {
  try {
    const place = await choosePlace(home);
    const password = await ensurePassword(home);
    const adopted = place.exists ? await adoptServer(place, password, options.log) : undefined;
    const server = adopted ?? (await startFresh(home, place, password, options));
    let closing: Promise<void> | undefined;
    const stop = async (): Promise<void> => {
      await stopServer(server.pid, place.clusterDir);
      await lock.release();
    };
    return {
      url: urlOf(server.port, password, "covershare"),
      attached: false,
      close: () => (closing ??= stop()),
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
};

const startFresh = async (
  home: Home,
  place: Place,
  password: string,
  { log, settings = {} }: EmbeddedOptions,
): Promise<RunningServer> => {
  const binaries = await findBinaries(place.user, home.folder);
  if (!place.exists) {
    log.info({ folder: place.clusterDir }, "creating a PostgreSQL cluster");
    await createCluster(place, binaries, password);
  }
  return startServer(home, place, binaries, password, settings, log);
};
