import { chmod, mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { migrate } from "../../src/platform/db/migrate.ts";
import { openEmbeddedPostgres } from "../../src/platform/embedded-postgres/index.ts";
import { claimOwnership } from "../../src/platform/embedded-postgres/owner-lock.ts";
import { stopServer } from "../../src/platform/embedded-postgres/server.ts";
import { newSpeakable } from "../../src/platform/ids/ids.ts";
import { silentLogger } from "../../src/platform/log/log.ts";
import { dockerAnswers } from "./docker.ts";

export interface TestPostgres {
  readonly url: string;
  readonly template: string;
  close(): Promise<void>;
}

interface Server {
  readonly url: string;
  close(): Promise<void>;
}

/** `url` with another database name. */
export const databaseUrl = (url: string, database: string): string => {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
};

/** Runs one statement on a connection of its own. */
export const runStatement = async (url: string, statement: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const result = await client.query<Record<string, unknown>>(statement);
    return result.rows;
  } finally {
    await client.end();
  }
};

const PREFIX = "covershare-test-";

/** A run that was killed leaves its server: whoever comes next stops it and removes its folder. */
const sweepAbandoned = async (): Promise<void> => {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const folder = path.join(tmpdir(), name);
    try {
      // A folder without a lock is one that another run is just about to claim.
      if (!(await readdir(folder)).some((file) => file.endsWith(".lock"))) continue;
      const claim = await claimOwnership(folder);
      if (!claim.won) continue;
      const clusterDir = path.join(folder, "cluster");
      const pid = Number(
        (await readFile(path.join(clusterDir, "postmaster.pid"), "utf8").catch(() => "")).split("\n")[0],
      );
      if (pid > 0) await stopServer(pid, clusterDir);
      await rm(folder, { recursive: true, force: true });
    } catch {
      // Another run sweeps the same folder.
    }
  }
};

const openEmbedded = async (): Promise<Server> => {
  await sweepAbandoned();
  const dataDir = await mkdtemp(path.join(tmpdir(), PREFIX));
  // Otherwise, as root, the data would be kept elsewhere, where nobody removes it.
  await chmod(dataDir, 0o755);
  const server = await openEmbeddedPostgres({
    dataDir,
    log: silentLogger,
    // What a crash would lose does not matter here.
    settings: { fsync: "off", synchronous_commit: "off", full_page_writes: "off", max_connections: "200" },
  });
  return {
    url: server.url,
    close: async () => {
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};

const openContainer = async (): Promise<Server> => {
  const { PostgreSqlContainer } = await import("@testcontainers/postgresql");
  const container = await new PostgreSqlContainer("postgres:18-alpine")
    .withCommand(["-c", "fsync=off", "-c", "max_connections=200"])
    .start();
  return { url: container.getConnectionUri(), close: async () => void (await container.stop()) };
};

const openServer = async (): Promise<Server> => {
  const given = process.env["DATABASE_URL"];
  if (given !== undefined && given !== "") return { url: given, close: async () => undefined };
  return (await dockerAnswers()) ? openContainer() : openEmbedded();
};

/** PostgreSQL for the tests: DATABASE_URL, else a container where Docker answers, else the embedded one in a temporary folder. */
export const openTestPostgres = async (): Promise<TestPostgres> => {
  const server = await openServer();
  const template = `covershare_template_${newSpeakable(8).toLowerCase()}`;
  try {
    await runStatement(server.url, `create database ${template}`);
    await migrate(databaseUrl(server.url, template));
  } catch (error) {
    await server.close();
    throw error;
  }
  return {
    url: server.url,
    template,
    close: async () => {
      await runStatement(server.url, `drop database if exists ${template} with (force)`);
      await server.close();
    },
  };
};
