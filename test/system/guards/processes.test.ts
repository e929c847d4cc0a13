import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { newSpeakable } from "../../../src/platform/ids/ids.ts";
import { addressOf, freePort, startCovershare, until, type CovershareProcess } from "../../support/index.ts";
import { databaseUrl, runStatement } from "../../support/postgres-server.ts";

describe("separate processes on a given database", { timeout: 90_000 }, () => {
  const name = `covershare_test_${newSpeakable(10).toLowerCase()}`;
  const started: CovershareProcess[] = [];
  let environment: Record<string, string>;
  const start = async (command: string, extra: Record<string, string> = {}): Promise<CovershareProcess> => {
    const running = await startCovershare([command], { ...environment, ...extra });
    started.push(running);
    return running;
  };
  const ready = async (address: string): Promise<unknown> => {
    const answer = await fetch(`${address}/readyz`);
    return answer.json();
  };

  beforeAll(async () => {
    await runStatement(inject("postgresUrl"), `create database ${name}`);
    const url = databaseUrl(inject("postgresUrl"), name);
    environment = { DATABASE_URL: url, PORT: "0", DB_POOL_MAX: "4", LOG_LEVEL: "warn" };
  });
  afterEach(async () => {
    for (const running of started.splice(0)) {
      if (running.child.exitCode === null && running.child.signalCode === null) running.signal("SIGKILL");
      await running.exited;
    }
  });
  afterAll(async () => {
    await runStatement(inject("postgresUrl"), `drop database if exists ${name} with (force)`);
  });

  it("api and matcher refuse a database that was not migrated, and say what to do", async () => {
    for (const command of ["api", "matcher"]) {
      const running = await start(command);
      expect(await running.exited).toBe(1);
      expect(running.stderr()).toContain("covershare migrate");
    }
  });

  it("two migrate at once, then api and matcher are ready, and SIGTERM ends each with status 0", async () => {
    const migrating = await Promise.all([start("migrate"), start("migrate")]);
    expect(await Promise.all(migrating.map((one) => one.exited))).toEqual([0, 0]);
    const port = await freePort();
    const api = await start("api");
    const matcher = await start("matcher", { MATCHER_HEALTH_PORT: String(port) });
    await until(() => matcher.stdout().includes("running"), { withinMs: 30_000, what: "the matcher runs" });
    const all = {
      status: "ready",
      without: [],
      mail: { isConfigured: false, lastSentAt: null, oldestWaitingSeconds: 0 },
    };
    // On a busy machine what is only an aid, such as wake-ups, may connect a moment later.
    const soon = { timeout: 15_000 };
    const address = await addressOf(api);
    await expect.poll(() => ready(address), soon).toEqual(all);
    await expect.poll(() => ready(`http://127.0.0.1:${port}`), soon).toEqual(all);
    const taken = await start("matcher", { MATCHER_HEALTH_PORT: String(port) });
    expect(await taken.exited).toBe(1);
    expect(taken.stderr()).toContain(`Port ${port} on 127.0.0.1 is taken`);
    for (const running of [api, matcher]) {
      running.signal("SIGTERM");
      expect(await running.exited).toBe(0);
    }
    expect(`${api.stderr()}${matcher.stderr()}`).not.toContain("did not close properly");
  });
});
