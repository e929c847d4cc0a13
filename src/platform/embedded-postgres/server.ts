import { spawn, type ChildProcess } from "node:child_process";
import { open, readFile, rename, rm } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { wallClock } from "../clock/clock.ts";
import type { Logger } from "../log/log.ts";
import { sqlState } from "../db/sql-errors.ts";
import type { Binaries } from "./binaries.ts";
import { programEnvironment, SUPERUSER } from "./cluster.ts";
import { EmbeddedPostgresError, explainFailure, ifPresent } from "./errors.ts";
import { readPort, writePort, type Home, type Place } from "./home.ts";
import { isServerOf, signal } from "./processes.ts";

/** Settings of every embedded server; callers may add or override some (tests switch fsync off). */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: "127.0.0.1",
  // No socket file: it would need a short, shared folder, and a lock file of its own.
  unix_socket_directories: "",
  max_connections: "120",
  // A crash with 1.9 GB of WAL took 19.5 s to recover.
  max_wal_size: "512MB",
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  log_line_prefix: "%m [%p] ",
  // Statements hold parameters; the log must not (P1).
  log_min_error_statement: "panic",
  log_parameter_max_length_on_error: "0",
  cluster_name: "covershare",
};

/** Recovery after a crash may take this long. */
const READY_WITHIN_MS = 180_000;
const FAST_SHUTDOWN_WITHIN_MS = 15_000;

export const urlOf = (port: number, password: string, database: string): string =>
  `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${database}`;

/** ready: it answered. starting: it is there and says "not yet". absent: nothing, or something else, is at this port. */
export const knock = async (port: number, password: string): Promise<"ready" | "starting" | "absent"> => {
  const client = new pg.Client({
    connectionString: urlOf(port, password, "postgres"),
    connectionTimeoutMillis: 5_000,
    application_name: "covershare start",
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
    const found = await client.query("select 1 from pg_database where datname = 'covershare'");
    if (found.rowCount === 0) await client.query("create database covershare");
    return "ready";
  } catch (error) {
    const code = sqlState(error)?.code;
    // cannot_connect_now while it starts or stops; duplicate_database and unique_violation: another process created it just now.
    if (code === "57P03" || code === "53300" || code === "42P04" || code === "23505") return "starting";
    return "absent";
  } finally {
    await client.end().catch(() => undefined);
  }
};

/** Process id and port of the server that last wrote postmaster.pid, running or not. */
const readPostmaster = async (clusterDir: string): Promise<{ pid: number; port: number } | undefined> => {
  const text = await ifPresent(readFile(path.join(clusterDir, "postmaster.pid"), "utf8"));
  const lines = (text ?? "").split("\n");
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return Number.isInteger(pid) && pid > 0 ? { pid, port: Number.isInteger(port) ? port : 0 } : undefined;
};

const freePort = async (wanted: number): Promise<number | undefined> =>
  new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(undefined));
    probe.listen({ port: wanted, host: "127.0.0.1", exclusive: true }, () => {
      const address = probe.address();
      const port = address !== null && typeof address === "object" ? address.port : undefined;
      probe.close(() => resolve(port));
    });
  });

export interface RunningServer {
  readonly pid: number;
  readonly port: number;
}

/** A server whose owner was killed, and which still serves this cluster. One that does not answer any more is stopped. */
export const adoptServer = async (place: Place, password: string, log: Logger): Promise<RunningServer | undefined> => {
  const found = await readPostmaster(place.clusterDir);
  if (found === undefined) return undefined;
  if (await isServerOf(found.pid, place.clusterDir)) {
    const until = wallClock.monotonicMs() + READY_WITHIN_MS;
    while ((await isServerOf(found.pid, place.clusterDir)) && wallClock.monotonicMs() < until) {
      const current = await readPostmaster(place.clusterDir);
      const answer = await knock(current?.port ?? found.port, password);
      if (answer === "ready") {
        log.info({ port: found.port }, "found the embedded PostgreSQL still running and took it over");
        return found;
      }
      if (answer === "absent" && current?.port === found.port && found.port > 0) break;
      await delay(100);
    }
    await stopServer(found.pid, place.clusterDir);
  }
  // The lock is ours and no such server runs: what is left is stale. PostgreSQL itself would only compare process ids,
  // which in a container are handed out again after each restart.
  await rm(path.join(place.clusterDir, "postmaster.pid"), { force: true });
  return undefined;
};

const rotateLog = async (logFile: string): Promise<void> => {
  await ifPresent(rename(logFile, `${logFile}.1`));
};

interface Launch {
  readonly child: ChildProcess;
  readonly logFrom: number;
}

const launch = async (
  home: Home,
  place: Place,
  binaries: Binaries,
  settings: Readonly<Record<string, string>>,
): Promise<Launch> => {
  // Opened by us and handed on: the service user need not be able to reach the folder.
  const logFile = await open(home.logFile, "a", 0o600);
  try {
    const logFrom = (await logFile.stat()).size;
    const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const child = spawn(binaries.postgres, ["-D", place.clusterDir, ...flags], {
      cwd: place.base,
      env: programEnvironment(),
      stdio: ["ignore", logFile.fd, logFile.fd],
      // A process group of its own: Ctrl-C reaches us, and we stop the server once we are done with it.
      detached: true,
      ...(place.user === undefined ? {} : { uid: place.user.uid, gid: place.user.gid }),
    });
    await new Promise<void>((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", (error) => reject(explainFailure("PostgreSQL could not be started.", error.message)));
    });
    child.unref();
    return { child, logFrom };
  } finally {
    await logFile.close();
  }
};

const said = async (home: Home, from: number): Promise<string> =>
  ((await ifPresent(readFile(home.logFile))) ?? Buffer.alloc(0)).subarray(from).toString("utf8");

const ended = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** Starts the server on the port it had before, or another if that is taken, and waits until it answers. */
export const startServer = async (
  home: Home,
  place: Place,
  binaries: Binaries,
  password: string,
  overrides: Readonly<Record<string, string>>,
  log: Logger,
): Promise<RunningServer> => {
  await rotateLog(home.logFile);
  const until = wallClock.monotonicMs() + READY_WITHIN_MS;
  for (let attempt = 1; ; attempt += 1) {
    const last = attempt === 1 ? await readPort(home) : undefined;
    const port = (last === undefined ? undefined : await freePort(last)) ?? (await freePort(0));
    if (port === undefined) throw new EmbeddedPostgresError("There is no free port on 127.0.0.1 for PostgreSQL.");
    const { child, logFrom } = await launch(home, place, binaries, { ...SETTINGS, ...overrides, port: String(port) });
    while (!ended(child)) {
      if (child.pid !== undefined && (await knock(port, password)) === "ready") {
        await writePort(home, port);
        if (last !== undefined && last !== port) log.info({ port, last }, "the embedded PostgreSQL's port was taken");
        return { pid: child.pid, port };
      }
      if (wallClock.monotonicMs() > until) {
        if (child.pid !== undefined) await stopServer(child.pid, place.clusterDir);
        throw explainFailure("PostgreSQL did not become ready.", await said(home, logFrom));
      }
      await delay(25);
    }
    const output = await said(home, logFrom);
    const mayPass = /could not bind|could not create any TCP\/IP sockets|shared memory block .* still in use/.test(
      output,
    );
    if (!mayPass || attempt >= 20) throw explainFailure("PostgreSQL stopped while starting.", output);
    // Taken between probing and binding, or processes of a killed server are still finishing.
    await delay(250);
  }
};

/** Fast shutdown: sessions are ended, data is flushed. If that takes too long, at once: the next start recovers. */
export const stopServer = async (pid: number, clusterDir: string): Promise<void> => {
  for (const name of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    if (!(await isServerOf(pid, clusterDir))) return;
    signal(pid, name);
    const until = wallClock.monotonicMs() + FAST_SHUTDOWN_WITHIN_MS;
    while (wallClock.monotonicMs() < until) {
      if (!(await isServerOf(pid, clusterDir))) return;
      await delay(20);
    }
  }
};
