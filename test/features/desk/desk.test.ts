import { afterAll, beforeAll, expect, it } from "vitest";
import { readDesk } from "../../../src/features/desk/index.ts";
import { acceptOffer } from "../../../src/features/offers/index.ts";
import { aClinic, aPractice, aRequest, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { plan } from "../../support/story.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
  await db.holdClock("2026-12-14T10:00:00Z");
});
afterAll(() => db.close());

it("S4, P4: a desk's snapshot has what is in hand, the offset it was read at, and its own minutes", async () => {
  const home = await aPractice(db);
  const host = await aPractice(db);
  await aClinic(db, { at: host.code, slots: 2 });
  const desk = await aUser(db, { at: host.code });
  const nurse = await aUser(db, { at: home.code });
  const request = await aRequest(db, { by: nurse, home: home.code, priority: "routine", needs: [{ count: 2 }] });
  await plan(db);
  const waiting = await readDesk(db.database, desk);
  expect(waiting.waiting.map((offer) => offer.reference)).toEqual([request.reference]);
  expect(waiting.minutes).toEqual({ given: 0, received: 0 });
  await db.database.transact((tx) => acceptOffer(tx, desk, waiting.waiting[0]?.id ?? "", {}));
  const after = await readDesk(db.database, desk);
  expect(after.waiting).toEqual([]);
  expect(after.agreements).toHaveLength(2);
  expect(after.minutes).toEqual({ given: 40, received: 0 });
  expect(after.offset).toBeGreaterThan(waiting.offset);
  expect((await readDesk(db.database, nurse)).minutes).toEqual({ given: 0, received: 40 });
});
