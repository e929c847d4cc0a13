import { mkdtemp, chmod, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openEmbeddedPostgres } from "../../../src/platform/embedded-postgres/index.ts";
import { isServerOf } from "../../../src/platform/embedded-postgres/processes.ts";
import { silentLogger } from "../../../src/platform/log/log.ts";
import { addressOf, startCovershare, until, type CovershareProcess } from "../../support/index.ts";
import { runStatement } from "../../support/postgres-server.ts";

describe("processes on one data folder", { timeout: 120_000 }, () => {
  let dataDir: string;
  const started: CovershareProcess[] = [];
  const clusterDir = (): string => path.join(dataDir, "cluster");
  const postmaster = async (): Promise<number> =>
    Number((await readFile(path.join(clusterDir(), "postmaster.pid"), "utf8")).split("\n")[0]);
  const environment = (): Record<string, string> => ({ COVERSHARE_DATA_DIR: dataDir, PORT: "0", LOG_LEVEL: "warn" });
  const serve = async (): Promise<CovershareProcess> => {
    const running = await startCovershare(["serve"], environment());
    started.push(running);
    await addressOf(running);
    return running;
  };
  /** Attaches, or owns where nobody does. */
  const query = async (statement: string): Promise<unknown[]> => {
    const server = await openEmbeddedPostgres({ dataDir, log: silentLogger });
    try {
      return await runStatement(server.url, statement);
    } finally {
      await server.close();
    }
  };

  beforeEach(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), "covershare-processes-"));
    await chmod(dataDir, 0o755);
  });
  afterEach(async () => {
    for (const running of started.splice(0)) {
      if (running.child.exitCode === null && running.child.signalCode === null) running.signal("SIGKILL");
      await running.exited;
    }
    // Whatever was left running is adopted and stopped.
    await (await openEmbeddedPostgres({ dataDir, log: silentLogger })).close();
    await rm(dataDir, { recursive: true, force: true });
  });

  it("Ctrl-C ends serve and its PostgreSQL in order, with status 0", async () => {
    const running = await serve();
    const server = await postmaster();
    // A terminal signals the whole group, and npm passes it on once more.
    running.signal("SIGINT");
    running.signal("SIGINT");
    expect(await running.exited).toBe(0);
    expect(await isServerOf(server, clusterDir())).toBe(false);
    expect(await readFile(path.join(dataDir, "postgres.log"), "utf8")).toMatch(/fast shutdown[^]*is shut down/);
  });

  it("other commands attach to a running serve and leave it running", async () => {
    const running = await serve();
    const migrating = await startCovershare(["migrate"], environment());
    expect(await migrating.exited).toBe(0);
    expect(migrating.stdout()).toBe("The database is up to date.\n");
    const answer = await fetch(`${await addressOf(running)}/readyz`);
    expect(answer.status).toBe(200);
  });

  it("after kill -9 of serve alone, the next start takes the server over with its data", async () => {
    const running = await serve();
    await query("create table kept ()");
    const server = await postmaster();
    process.kill(running.pid, "SIGKILL");
    await running.exited;
    expect(await isServerOf(server, clusterDir())).toBe(true);
    await serve();
    expect(await postmaster()).toBe(server);
    expect(await query("select * from kept")).toEqual([]);
  });

  it("after kill -9 of serve and its server, the next start recovers with the data", async () => {
    const running = await serve();
    await query("create table kept as select 14 as patients");
    const server = await postmaster();
    process.kill(running.pid, "SIGKILL");
    process.kill(server, "SIGKILL");
    await running.exited;
    await until(async () => !(await isServerOf(server, clusterDir())), { what: "the server is gone" });
    await serve();
    expect(await postmaster()).not.toBe(server);
    expect(await query("select patients from kept")).toEqual([{ patients: 14 }]);
  });

  it("a second serve attaches, and both answer", async () => {
    const both = [await serve(), await serve()];
    const answers = await Promise.all(both.map(async (one) => fetch(`${await addressOf(one)}/readyz`)));
    expect(answers.map((answer) => answer.status)).toEqual([200, 200]);
  });

  it("wrong usage and wrong settings exit with 2 and say why on standard error", async () => {
    const unknown = await startCovershare(["surve"], {});
    expect(await unknown.exited).toBe(2);
    expect(unknown.stderr()).toContain("unknown command 'surve'");
    const wrong = await startCovershare(["migrate"], { PORT: "http", DATABASE_URL: "mysql://root:hunter2@db/x" });
    expect(await wrong.exited).toBe(2);
    expect(wrong.stderr()).toMatch(/DATABASE_URL must look like[^]*PORT must be a whole number/);
    expect(wrong.stderr()).not.toContain("hunter2");
    expect(wrong.stdout()).toBe("");
  });
});
