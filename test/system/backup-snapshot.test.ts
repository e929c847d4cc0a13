import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { z } from "zod";
import { newSpeakable } from "../../src/platform/ids/ids.ts";
import { aClinic, aPractice, aUser, openTestDatabase, startCovershare } from "../support/index.ts";
import { addressOf, until, type CovershareProcess, type TestDatabase } from "../support/index.ts";
import { databaseUrl, runStatement } from "../support/postgres-server.ts";
import { apiOf, openDesk, post, readRequest, type Desk } from "./support/desks.ts";

const MONDAY = "2026-12-14T10:00:00Z";
const need = {
  service: "wound-simple",
  count: 2,
  minutes: 20,
  earliest: MONDAY,
  dueBy: "2026-12-17T18:30:00Z",
  requires: [],
  maxKm: 20,
};
const request = { priority: "urgent", takeFirm: true, needs: [need] };

/** A snapshot by PostgreSQL's own means, as the README says, and after it `covershare admin after-restore`. */
describe("a restore by other means than ours", { timeout: 180_000 }, () => {
  let db: TestDatabase;
  let copy = "";
  let running: CovershareProcess | undefined;
  let desk: Desk | undefined;

  const server = (): string => inject("postgresUrl");
  const nameOf = (url: string): string => new URL(url).pathname.slice(1);

  const serve = async (url: string): Promise<string> => {
    running = await startCovershare(["serve"], {
      DATABASE_URL: url,
      PORT: "0",
      DB_POOL_MAX: "6",
      LOG_LEVEL: "error",
    });
    return addressOf(running);
  };
  const stop = async (): Promise<void> => {
    running?.signal("SIGTERM");
    await running?.exited;
    running = undefined;
  };

  beforeEach(async () => {
    db = await openTestDatabase({ poolMax: 3 });
    await db.holdClock(MONDAY);
    copy = `covershare_test_${newSpeakable(10).toLowerCase()}`;
  });
  afterEach(async () => {
    desk?.close();
    await stop();
    await runStatement(server(), `drop database if exists ${copy} with (force)`);
    await db.close();
  });

  /** The story up to a backup, what is lost after it, and how it goes on from the copy that `take` made. */
  const story = async (take: () => Promise<void>): Promise<{ readonly last: number; readonly heardTo: number }> => {
    const home = await aPractice(db);
    const host = await aPractice(db);
    await aClinic(db, { at: host.code, slots: 8, pledge: "firm" });
    const nurse = await aUser(db, { at: home.code });
    const reception = await aUser(db, { at: host.code });
    const door = { address: await serve(db.url) };
    desk = await openDesk(db, reception, door);
    const api = await apiOf(db, nurse, door);
    const kept = await post(api, request);
    const { events } = desk;
    await until(() => events.length > 0, { withinMs: 30_000, what: "the neighbour heard of its agreements" });
    await take();
    if (running === undefined) door.address = await serve(db.url);
    const lost = await post(api, request);
    const before = events.at(-1)?.offset ?? 0;
    await until(() => (events.at(-1)?.offset ?? 0) > before, { withinMs: 30_000, what: "it heard of more" });
    const heardTo = events.at(-1)?.offset ?? 0;
    desk.close();
    await stop();

    // The disk is gone; the copy takes its place.
    const url = databaseUrl(server(), copy);
    const after = await startCovershare(["admin", "after-restore"], { DATABASE_URL: url, LOG_LEVEL: "error" });
    expect(await after.exited).toBe(0);
    // Tokens are those of the backup.
    door.address = await serve(url);
    expect((await readRequest(api, kept)).counts.agreed).toBe(2);
    await expect(readRequest(api, lost)).rejects.toThrow();
    const next = await post(api, request);
    await until(async () => (await readRequest(api, next)).counts.agreed === 2, { withinMs: 30_000, what: "agreed" });
    // Beyond any offset that the neighbour ever had: it reads a snapshot, and takes nothing new for what it knows.
    const heads = z.array(z.object({ last: z.coerce.number() }));
    const [head] = heads.parse(
      await runStatement(url, `select last_offset as last from event_heads where stream = '${host.code}'`),
    );
    return { last: head?.last ?? 0, heardTo };
  };

  it("S4: a snapshot: the story continues, past any offset that was given", async () => {
    const { last, heardTo } = await story(async () => {
      await stop();
      // What copies a database wants nobody connected to it.
      await runStatement(
        server(),
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${nameOf(db.url)}'`,
      );
      await until(async () => {
        const others = `select 1 from pg_stat_activity where datname = '${nameOf(db.url)}'`;
        return (await runStatement(server(), others)).length === 0;
      });
      await runStatement(server(), `create database ${copy} template ${nameOf(db.url)}`);
    });
    expect(last).toBeGreaterThan(heardTo);
  });
});
