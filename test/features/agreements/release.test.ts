import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { extendRelease, releaseUnpassed, warnOfRelease } from "../../../src/features/agreements/index.ts";
import { aBroker, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { count, needStates, plan } from "../../support/story.ts";
import { agreed, heard, MONDAY, slotState, stepOf, tick } from "./support.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  await db.q.execute(sql`truncate organisations, cover_requests, match_due, events, event_heads cascade`);
  await db.holdClock(MONDAY);
});

const sweep = async (): Promise<void> => {
  await releaseUnpassed(db.database);
  await warnOfRelease(db.database);
};

/** Agreed on Monday 10:00 for Tuesday 10:00: home is warned at 12:37:30, and the time goes back at 15:15. */
const WARNING = "2026-12-14T12:38:00Z";
const RELEASE = "2026-12-14T15:15:00Z";

describe("H4: release-by", () => {
  it("home and the brokers are warned half-way, once, in one message for the request", async () => {
    const broker = await aBroker(db);
    const work = await agreed(db, { count: 2 });
    await sweep();
    expect(await heard(db, work.home.organisationCode, "agreement.release-due")).toEqual([]);
    await db.holdClock(WARNING);
    await sweep();
    await sweep();
    for (const actor of [work.home, broker]) {
      const warnings = await heard(db, actor.organisationCode, "agreement.release-due");
      expect(warnings).toMatchObject([
        { reference: work.request.reference, agreements: [{ canExtend: true }, { canExtend: true }] },
      ]);
    }
    expect(await heard(db, work.supporting.organisationCode, "agreement.release-due")).toEqual([]);
  });

  it("not passed by then, the slot goes back with thanks and the need looks again, elsewhere; what was passed stays", async () => {
    const work = await agreed(db, { count: 2 });
    const [first = "", second = ""] = work.ids;
    await tick(db, work.home, "passed", [first]);
    await db.holdClock(RELEASE);
    await sweep();
    await sweep();
    expect(await stepOf(db, first)).toBe("passed");
    expect(await stepOf(db, second)).toBe("cancelled");
    expect(await needStates(db, work.request.requestId)).toEqual(["agreed", "open"]);
    expect(await count(db, sql`needs where priority = 'routine'`)).toBe(2);
    expect(await slotState(db, work.clinic.slots[1]?.id)).toBe("free");
    const { organisationCode } = work.supporting;
    expect(await heard(db, organisationCode, "agreement.cancelled")).toMatchObject([
      { bySide: "home", code: "not-passed", needState: "open", ringPatient: false },
    ]);
    expect(await heard(db, organisationCode, "agreement.tally")).toMatchObject([
      { used: 0, ahead: 1, givenBack: 1, notUsed: 0 },
    ]);
    await plan(db);
    expect(await count(db, sql`offers where supporting_code = ${organisationCode}`)).toBe(0);
  });

  it("home extends once, to half-way between release-by and start; nobody else does", async () => {
    const work = await agreed(db);
    const [id = ""] = work.ids;
    const extend = (actor = work.home) => db.database.transact(async (tx) => extendRelease(tx, actor, id));
    await expect(extend(work.supporting)).rejects.toMatchObject({ code: "not-your-step" });
    // 15:15 to 18:30 and 8:00 to 10:00 are 5 h 15 open: half is 2 h 37:30.
    expect(await extend()).toEqual({ releaseAt: "2026-12-14T17:52:30.000Z" });
    await expect(extend()).rejects.toMatchObject({ code: "release-extended-already" });
    await db.holdClock(RELEASE);
    await sweep();
    expect(await stepOf(db, id)).toBe("agreed");
    await db.holdClock("2026-12-14T17:53:00Z");
    await sweep();
    expect(await stepOf(db, id)).toBe("cancelled");
    await expect(extend()).rejects.toMatchObject({ code: "nothing-to-release" });
  });

  it("two sweeps at once give back and warn once", async () => {
    const work = await agreed(db, { count: 3 });
    await db.holdClock(RELEASE);
    await Promise.all([sweep(), sweep(), sweep()]);
    expect(await heard(db, work.supporting.organisationCode, "agreement.cancelled")).toHaveLength(3);
    expect(await needStates(db, work.request.requestId)).toEqual(["open", "open", "open"]);
  });

  it("an appointment that is too near has no release-by", async () => {
    const work = await agreed(db, { startsAt: "2026-12-14T11:30:00Z" });
    await db.holdClock("2026-12-14T11:29:00Z");
    await sweep();
    expect(await stepOf(db, work.ids[0] ?? "")).toBe("agreed");
  });
});
