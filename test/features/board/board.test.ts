import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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
