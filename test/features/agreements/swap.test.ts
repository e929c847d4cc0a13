import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { swapAgreements } from "../../../src/features/agreements/index.ts";
import { aPractice, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { count, needStates } from "../../support/story.ts";
import { agreed, heard, MONDAY, stepOf, tick, TUESDAY, walkTo } from "./support.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  await db.q.execute(sql`truncate organisations, cover_requests, match_due, events, event_heads cascade`);
  await db.holdClock(MONDAY);
});

const swap = (actor: Parameters<typeof swapAgreements>[1], a = "", b = "") =>
  db.database.transact(async (tx) => swapAgreements(tx, actor, { a, b }));

describe("H5: swapping", () => {
  it("exchanges the times of two agreements at one place, without an offer, and both sides hear which is whose", async () => {
    const work = await agreed(db, { count: 2 });
    const [a = "", b = ""] = work.ids;
    await tick(db, work.supporting, "blocked", work.ids);
    const { items } = await swap(work.home, a, b);
    expect(items).toMatchObject([
      { id: a, startsAt: "2026-12-15T10:20:00.000Z", step: "blocked" },
      { id: b, startsAt: "2026-12-15T10:00:00.000Z", step: "blocked" },
    ]);
    const [first, second] = work.clinic.slots.map(({ id }) => id);
    expect(
      await count(
        db,
        sql`agreement_slots where is_live and ((agreement_id = ${a} and slot_id = ${second}) or (agreement_id = ${b} and slot_id = ${first}))`,
      ),
    ).toBe(2);
    expect(await count(db, sql`agreement_slots where is_live`)).toBe(2);
    for (const actor of [work.home, work.supporting])
      expect(await heard(db, actor.organisationCode, "agreement.swapped")).toMatchObject([
        { agreements: [{ ref: "N01", before: "2026-12-15T10:00:00.000Z" }, { ref: "N02" }] },
      ]);
    await swap(work.home, b, a);
    expect(await count(db, sql`agreements where id = ${a} and starts_at = ${TUESDAY}::timestamptz`)).toBe(1);
  });

  it("what was booked and told under the other reference is booked and told anew", async () => {
    const work = await agreed(db, { count: 2 });
    const [a = "", b = ""] = work.ids;
    await walkTo(db, work, "booked");
    await tick(db, work.home, "told", [a]);
    await swap(work.home, a, b);
    expect([await stepOf(db, a), await stepOf(db, b)]).toEqual(["passed", "passed"]);
    expect(await needStates(db, work.request.requestId)).toEqual(["agreed", "agreed"]);
    expect((await heard(db, work.home.organisationCode, "agreement.swapped")).at(-1)).toMatchObject({
      agreements: [{ ringPatient: true }, { ringPatient: false }],
    });
    expect((await tick(db, work.supporting, "booked", work.ids)).items).toMatchObject([
      { changed: true },
      { changed: true },
    ]);
  });

  it("refuses what does not match, names why, and leaves everything as it was", async () => {
    const work = await agreed(db, {
      needs: [{}, { requires: ["step-free"] }, { minutes: 15 }, { dueBy: "2026-12-15T10:15:00Z", service: "suture" }],
    });
    const [a, b, c, d] = work.ids;
    for (const [other, why] of [
      [a, ["same-agreement"]],
      [b, ["requirements"]],
      [c, ["minutes"]],
      [d, ["service", "window"]],
    ] as const)
      await expect(swap(work.home, a, other)).rejects.toMatchObject({ code: "cannot-swap", details: { why } });
    const elsewhere = await agreed(db, { home: work.home });
    await expect(swap(work.home, a, elsewhere.ids[0])).rejects.toMatchObject({ details: { why: ["place"] } });
    expect(await heard(db, work.home.organisationCode, "agreement.swapped")).toEqual([]);
  });

  it("is home's to do; for a stranger neither exists (P3)", async () => {
    const work = await agreed(db, { count: 2 });
    const other = await agreed(db);
    await expect(swap(work.supporting, ...work.ids)).rejects.toMatchObject({ code: "not-your-step" });
    await expect(swap(work.home, work.ids[0], other.ids[0])).rejects.toMatchObject({ kind: "not-found" });
    const stranger = await aUser(db, { at: (await aPractice(db)).code });
    await expect(swap(stranger, ...work.ids)).rejects.toMatchObject({ kind: "not-found" });
  });
});
