import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { digestSpan, digestUntil } from "../../../src/features/board/digest.rules.ts";
import { readBoard } from "../../../src/features/board/index.ts";
import { aBroker, aPractice, aRequest, openTestDatabase, type TestDatabase } from "../../support/index.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
  await db.holdClock("2026-12-21T09:00:00Z");
});
afterAll(async () => db.close());

describe("what breaks before next opening (F1)", () => {
  it("lists needs that are due by the end of the next open day and nobody has taken, of this group only", async () => {
    const broker = await aBroker(db);
    const { code } = await aPractice(db);
    const soon = await aRequest(db, { home: code, needs: [{ count: 3, dueBy: "2026-12-22T12:00:00Z" }] });
    await aRequest(db, { home: code, needs: [{ count: 2, dueBy: "2026-12-23T12:00:00Z" }] });
    const elsewhere = (await aPractice(db, { group: "ELSEWHERE" })).code;
    await aRequest(db, { home: elsewhere, needs: [{ dueBy: "2026-12-22T12:00:00Z" }] });
    const { risks, horizon, totals } = await readBoard(db.q, broker);
    expect(horizon.toISOString()).toBe("2026-12-22T18:30:00.000Z");
    expect(risks.map(({ kind, reference, needs }) => [kind, reference, needs])).toEqual([
      ["uncovered", soon.reference, 3],
    ]);
    expect(totals.looking).toBe(5);
  });

  it("T1: looks at each desk up to its own closing on its next open day, on the board and in the mail", async () => {
    const broker = await aBroker(db, { group: "OWN-HOURS" });
    const openingHours = [1, 3].map((weekday) => ({ weekday, opens: "09:00", closes: "13:00" }));
    const [seldom, usual] = [
      (await aPractice(db, { group: "OWN-HOURS", openingHours })).code,
      (await aPractice(db, { group: "OWN-HOURS" })).code,
    ];
    const due = async (home: string, dueBy: string) => (await aRequest(db, { home, needs: [{ dueBy }] })).reference;
    // Open on Monday and then on Wednesday: what is due that morning has only today.
    const early = await due(seldom, "2026-12-23T12:00:00Z");
    await due(seldom, "2026-12-23T15:00:00Z");
    await due(usual, "2026-12-23T12:00:00Z");
    const tuesday = await due(usual, "2026-12-22T17:00:00Z");
    const { risks } = await readBoard(db.q, broker);
    expect(risks.map(({ reference }) => reference)).toEqual([tuesday, early]);
    const span = digestSpan(new Date("2026-12-08T16:00:00Z"));
    expect(digestUntil(span, openingHours).toISOString()).toBe("2026-12-09T13:00:00.000Z");
    // Closed on that Wednesday: up to the closing of the Thursday after.
    const thursdays = [{ weekday: 4, opens: "08:00", closes: "12:00" }];
    expect(digestUntil(span, thursdays).toISOString()).toBe("2026-12-10T12:00:00.000Z");
  });

  it("R7: what came back uncovered stands first until somebody of home acknowledges it", async () => {
    const broker = await aBroker(db);
    const late = await aRequest(db, { needs: [{ dueBy: "2026-12-24T12:00:00Z" }] });
    await db.q.execute(sql`update needs set state = 'returned' where request_id = ${late.requestId}`);
    const before = await readBoard(db.q, broker);
    expect(before.risks[0]).toMatchObject({ kind: "returned", reference: late.reference });
    await db.q.execute(sql`update needs set acknowledged_at = app_now() where request_id = ${late.requestId}`);
    expect((await readBoard(db.q, broker)).risks.map(({ reference }) => reference)).not.toContain(late.reference);
  });
});
