import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { openEmbeddedPostgres, type EmbeddedPostgres } from "../../../src/platform/embedded-postgres/index.ts";
import { isServerOf, signal } from "../../../src/platform/embedded-postgres/processes.ts";
import { silentLogger } from "../../../src/platform/log/log.ts";
import { databaseUrl } from "../../support/postgres-server.ts";

export interface ChaosPostgres {
  readonly port: number;
  /** Straight to the server, past the proxies: for building the world and for the checker. */
  readonly url: string;
  /** The same through another port. */
  urlAt(port: number): string;
  /** Ends it at once, as a crash of the machine's database does (`immediate`), or as the kernel does (`kill`). */
  crash(how: "immediate" | "kill"): Promise<void>;
  /** Starts it again on its data and port; it recovers first. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Few connections, so that they can be used up; durability as in production. */
const SETTINGS = { max_connections: "72" };

const DATABASE = "chaos";

export const openChaosPostgres = async (): Promise<ChaosPostgres> => {
  const dataDir = await mkdtemp(path.join(tmpdir(), "covershare-chaos-pg-"));
  // Otherwise, as root, the data would be kept elsewhere, where nobody removes it.
  await chmod(dataDir, 0o755);
  const open = (): Promise<EmbeddedPostgres> =>
    openEmbeddedPostgres({ dataDir, log: silentLogger, settings: SETTINGS });
  let starting = open();
  let running: EmbeddedPostgres | undefined = await starting;
  let isClosed = false;
  const { port } = new URL(running.url);
  const clusterDir = path.join(dataDir, "cluster");
  const url = databaseUrl(running.url, DATABASE);
  return {
    port: Number(port),
    url,
    urlAt: (other) => {
      const changed = new URL(url);
      changed.port = String(other);
      return changed.href;
    },
    crash: async (how) => {
      const pid = Number((await readFile(path.join(clusterDir, "postmaster.pid"), "utf8")).split("\n")[0]);
      signal(pid, how === "immediate" ? "SIGQUIT" : "SIGKILL");
      while (await isServerOf(pid, clusterDir)) await delay(10);
      // Gives the folder back: the next start finds a cluster that was not shut down.
      await running?.close();
      running = undefined;
    },
    start: async () => {
      if (isClosed) return;
      starting = open();
      running = await starting;
      if (new URL(running.url).port !== port) throw new Error("PostgreSQL came back on another port");
    },
    close: async () => {
      isClosed = true;
      // Put right by a fault that is still going on: it is taken down all the same.
      await starting.catch(() => undefined);
      await running?.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};
