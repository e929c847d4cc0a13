import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Actor } from "../../../src/features/access/index.ts";
import { aClinic, aPractice, aRequest, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { count, needStates, plan, startOver, sweep, waitingFor } from "../../support/story.ts";

let db: TestDatabase;
let home = "";
let near = "";
let desk: Actor;

beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(async () => db.close());
beforeEach(async () => {
  await startOver(db);
  home = (await aPractice(db)).code;
  near = (await aPractice(db)).code;
  desk = await aUser(db, { roles: ["reception"], at: near });
});

const startsOf = async (): Promise<string[]> =>
  (await waitingFor(db, desk)).flatMap(({ slots }) => slots.map(({ startsAt }) => startsAt));

describe("O2, A5: an offer that ended because its time began", () => {
  it("rules the desk out for times that leave it no time to answer; about later ones it is asked once", async () => {
    await aClinic(db, { at: near, slots: 3, startsAt: "2026-12-14T10:40:00Z" });
    await aClinic(db, { at: near, slots: 2, startsAt: "2026-12-15T14:00:00Z" });
    const request = await aRequest(db, {
      home,
      priority: "routine",
      needs: [{ count: 1, dueBy: "2026-12-18T18:30:00Z" }],
    });
    await plan(db);
    expect(await startsOf()).toEqual(["2026-12-14T10:40:00.000Z"]);
    await db.holdClock("2026-12-14T10:40:00Z");
    await sweep(db);
    // Not at 11:00 or 11:20 today: that would be the same question again.
    expect(await startsOf()).toEqual(["2026-12-15T14:00:00.000Z"]);
    // This time the open day is the desk's own to let pass, and the other free time changes nothing.
    await db.holdClock("2026-12-15T10:40:00Z");
    await sweep(db);
    await plan(db);
    expect(await startsOf()).toEqual([]);
    expect(await needStates(db, request.requestId)).toEqual(["open"]);
    expect(await count(db, sql`offers where state = 'lapsed'`)).toBe(2);
  });

  it("asks about nothing a second time where the desk had all the time that O2 gives", async () => {
    await aClinic(db, { at: near, slots: 2, startsAt: "2026-12-16T14:00:00Z" });
    await aRequest(db, { home, priority: "urgent", needs: [{ count: 1, dueBy: "2026-12-18T18:30:00Z" }] });
    await plan(db);
    expect(await startsOf()).toHaveLength(1);
    await db.advance({ hours: 2 });
    await sweep(db);
    await plan(db);
    expect(await startsOf()).toEqual([]);
  });

  it("takes firm time of that practice at once, however soon it begins", async () => {
    await aClinic(db, { at: near, slots: 1, startsAt: "2026-12-14T10:40:00Z" });
    const request = await aRequest(db, { home, priority: "urgent", needs: [{ count: 1 }] });
    await plan(db);
    await db.holdClock("2026-12-14T10:40:00Z");
    await sweep(db);
    expect(await needStates(db, request.requestId)).toEqual(["open"]);
    // Of the same day as before, so that it is no clinic of its own that was published since (A5).
    await aClinic(db, { at: near, slots: 1, pledge: "firm", startsAt: "2026-12-14T11:00:00Z" });
    await db.q.execute(sql`update clinics set created_at = '2026-12-14T10:00:00Z'`);
    await plan(db);
    expect(await needStates(db, request.requestId)).toEqual(["agreed"]);
  });
});
