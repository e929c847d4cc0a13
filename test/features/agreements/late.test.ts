import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { chaseLateSteps, undoLastSteps } from "../../../src/features/agreements/index.ts";
import { aBroker, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { agreed, heard, MONDAY, tick, walkTo } from "./support.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  await db.q.execute(sql`truncate organisations, cover_requests, match_due, events, event_heads cascade`);
  await db.holdClock(MONDAY);
});

const late = async (stream: string) =>
  (await heard(db, stream, "agreement.step-late")).map(({ owes, owner, agreements }) => ({
    owes,
    owner,
    count: Array.isArray(agreements) ? agreements.length : 0,
  }));

describe("H1: a late step is chased", () => {
  it("once, in one message for all that are late, to its owner and the brokers and nobody else", async () => {
    const broker = await aBroker(db);
    const work = await agreed(db, { count: 3 });
    await chaseLateSteps(db.database);
    expect(await late(work.supporting.organisationCode)).toEqual([]);
    await tick(db, work.supporting, "blocked", work.ids.slice(0, 1));
    await db.holdClock("2026-12-14T11:00:00Z");
    await chaseLateSteps(db.database);
    await chaseLateSteps(db.database);
    const once = [{ owes: "blocked", owner: "supporting", count: 2 }];
    expect(await late(work.supporting.organisationCode)).toEqual(once);
    expect(await late(broker.organisationCode)).toEqual(once);
    expect(await late(work.home.organisationCode)).toEqual([]);
  });

  it("each step by its owner, from the moment at which the one before was ticked", async () => {
    const work = await agreed(db);
    await walkTo(db, work, "passed");
    await chaseLateSteps(db.database);
    await db.holdClock("2026-12-14T12:00:00Z");
    await chaseLateSteps(db.database);
    await tick(db, work.supporting, "booked", work.ids);
    await chaseLateSteps(db.database);
    await db.holdClock("2026-12-14T15:59:00Z");
    await chaseLateSteps(db.database);
    expect(await late(work.home.organisationCode)).toEqual([]);
    await db.holdClock("2026-12-14T16:00:00Z");
    await chaseLateSteps(db.database);
    await tick(db, work.home, "told", work.ids);
    await chaseLateSteps(db.database);
    await db.holdClock("2026-12-16T10:20:00Z");
    await chaseLateSteps(db.database);
    expect(await late(work.supporting.organisationCode)).toEqual([
      { owes: "booked", owner: "supporting", count: 1 },
      { owes: "outcome", owner: "supporting", count: 1 },
    ]);
    expect(await late(work.home.organisationCode)).toEqual([{ owes: "told", owner: "home", count: 1 }]);
  });

  it("anew after a step was taken back: the time counts from then, also where it is the same step again", async () => {
    const work = await agreed(db);
    await walkTo(db, work, "passed");
    await chaseLateSteps(db.database);
    await db.holdClock("2026-12-14T12:00:00Z");
    await chaseLateSteps(db.database);
    await tick(db, work.supporting, "booked", work.ids);
    await db.database.transact(async (tx) => undoLastSteps(tx, work.supporting, { agreements: work.ids }));
    await chaseLateSteps(db.database);
    expect(await late(work.supporting.organisationCode)).toHaveLength(1);
    await db.holdClock("2026-12-14T14:00:00Z");
    await chaseLateSteps(db.database);
    expect(await late(work.supporting.organisationCode)).toHaveLength(2);
  });

  it("by one of several sweeps at once", async () => {
    const work = await agreed(db, { count: 4 });
    await chaseLateSteps(db.database);
    await db.holdClock("2026-12-14T11:30:00Z");
    await Promise.all([chaseLateSteps(db.database), chaseLateSteps(db.database), chaseLateSteps(db.database)]);
    const found = await late(work.supporting.organisationCode);
    expect(found.reduce((sum, { count }) => sum + count, 0)).toBe(4);
  });

  it("nobody for what has ended", async () => {
    const work = await agreed(db, { count: 2 });
    await walkTo(db, work, "told");
    await db.holdClock("2026-12-15T10:30:00Z");
    await tick(db, work.supporting, "attended", work.ids.slice(0, 1));
    await tick(db, work.supporting, "dna", work.ids.slice(1));
    await db.holdClock("2026-12-22T10:00:00Z");
    await chaseLateSteps(db.database);
    expect(await late(work.supporting.organisationCode)).toEqual([]);
  });
});
