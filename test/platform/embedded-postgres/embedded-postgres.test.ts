import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openEmbeddedPostgres, type EmbeddedPostgres } from "../../../src/platform/embedded-postgres/index.ts";
import { silentLogger } from "../../../src/platform/log/log.ts";
import { runStatement } from "../../support/postgres-server.ts";

const portOf = (server: EmbeddedPostgres): number => Number(new URL(server.url).port);

const newFolder = async (mode: number): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), "covershare-embedded-"));
  await chmod(folder, mode);
  return folder;
};

/** The data of a folder that the service user cannot enter lies elsewhere: it goes too. */
const removeFolder = async (folder: string): Promise<void> => {
  const location = await readFile(path.join(folder, "location"), "utf8").catch(() => undefined);
  if (location !== undefined) await rm(location.trim(), { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
};

describe("the embedded PostgreSQL", () => {
  let dataDir: string;
  const open: EmbeddedPostgres[] = [];
  const start = async (): Promise<EmbeddedPostgres> => {
    const server = await openEmbeddedPostgres({ dataDir, log: silentLogger });
    open.push(server);
    return server;
  };

  beforeAll(async () => {
    dataDir = await newFolder(0o755);
  });
  afterEach(async () => {
    for (const server of open.splice(0).toReversed()) await server.close();
  });
  afterAll(async () => removeFolder(dataDir));

  it("creates a cluster, and finds its data and its port again at the next start", async () => {
    const first = await start();
    await runStatement(first.url, "create table kept as select 14 as patients");
    await first.close();
    const second = await start();
    expect(second.attached).toBe(false);
    expect(portOf(second)).toBe(portOf(first));
    expect(await runStatement(second.url, "select patients from kept")).toEqual([{ patients: 14 }]);
  });

  it("lets one of two starts at once own the server, and the other attach", async () => {
    const both = await Promise.all([start(), start()]);
    expect(both.filter((server) => server.attached)).toHaveLength(1);
    expect(both[0].url).toBe(both[1].url);
    const attached = both.find((server) => server.attached);
    await attached?.close();
    expect(await runStatement(both[0].url, "select 1 as up")).toEqual([{ up: 1 }]);
  });

  it("takes another port when its own is taken", async () => {
    const before = await start();
    const port = portOf(before);
    await before.close();
    const squatter = createServer().listen(port, "127.0.0.1");
    await once(squatter, "listening");
    try {
      const after = await start();
      expect(portOf(after)).not.toBe(port);
      expect(await runStatement(after.url, "select 1 as up")).toEqual([{ up: 1 }]);
    } finally {
      squatter.close();
    }
  });

  it("starts over a stale postmaster.pid that names a living process", async () => {
    const before = await start();
    await before.close();
    const pidFile = path.join(dataDir, "cluster", "postmaster.pid");
    await writeFile(pidFile, `${process.pid}\n${path.dirname(pidFile)}\n1\n5432\n\n127.0.0.1\n`);
    const after = await start();
    expect(after.attached).toBe(false);
  });

  it("keeps the password out of other users' sight, and lets nobody in without it", async () => {
    const server = await start();
    await expect(runStatement(server.url.replace(/:[^:@]+@/, ":wrong@"), "select 1")).rejects.toThrow(/password/);
  });
});

describe("a data folder that only its owner may enter (mode 0700)", () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await newFolder(0o700);
  });
  afterEach(async () => removeFolder(dataDir));

  it("serves, also when root starts it, and keeps its data", async () => {
    const first = await openEmbeddedPostgres({ dataDir, log: silentLogger });
    await runStatement(first.url, "create table kept ()");
    await first.close();
    const second = await openEmbeddedPostgres({ dataDir, log: silentLogger });
    expect(await runStatement(second.url, "select * from kept")).toEqual([]);
    await second.close();
  });

  it("moves the data when the folder becomes unreachable for the server's user", async () => {
    await chmod(dataDir, 0o755);
    const first = await openEmbeddedPostgres({ dataDir, log: silentLogger });
    await runStatement(first.url, "create table kept ()");
    await first.close();
    await chmod(dataDir, 0o700);
    const second = await openEmbeddedPostgres({ dataDir, log: silentLogger });
    expect(await runStatement(second.url, "select * from kept")).toEqual([]);
    await second.close();
  });

  it("says in plain words when the folder is a file", async () => {
    const file = path.join(dataDir, "file");
    await writeFile(file, "");
    await expect(openEmbeddedPostgres({ dataDir: file, log: silentLogger })).rejects.toThrow(/is not a folder/);
  });
});
