import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { readAlarms, sweepAlarms, watchOpen } from "../../../src/features/alarms/index.ts";
import { readDesk } from "../../../src/features/desk/index.ts";
import { acceptOffer } from "../../../src/features/offers/index.ts";
import { rows } from "../../../src/platform/db/database.ts";
import {
  aBroker,
  aClinic,
  aPractice,
  aRequest,
  aUser,
  openTestDatabase,
  type TestDatabase,
} from "../../support/index.ts";
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

it("S4, F2: a broker's snapshot has the alarms too, of the own group only and as they stood at its offset; a desk's has none", async () => {
  const broker = await aBroker(db);
  const stranger = await aBroker(db, { group: "DESK-ELSEWHERE" });
  const nurse = await aUser(db);
  const { reference } = await aRequest(db, { by: nurse, needs: [{ dueBy: "2026-12-14T18:30:00Z" }] });
  await watchOpen(db.database);
  const before = await readDesk(db.database, broker);
  expect(before.alarms).toEqual([]);
  await db.holdClock("2026-12-14T15:00:00Z");
  await sweepAlarms(db.database);
  const after = await readDesk(db.database, broker);
  expect(after.alarms).toEqual(await readAlarms(db.q, broker, "live"));
  expect(after.alarms.map((alarm) => [alarm.reference, alarm.kind, alarm.acknowledgedAt])).toContainEqual([
    reference,
    "half-way",
    null,
  ]);
  const raised = await rows(
    db.q,
    z.object({ offset: z.coerce.number() }),
    sql`select "offset" from events where stream = ${broker.organisationCode} and type = 'alarm.raised'`,
  );
  expect(raised.length).toBe(after.alarms.length);
  for (const { offset } of raised) {
    expect(offset).toBeGreaterThan(before.offset);
    expect(offset).toBeLessThanOrEqual(after.offset);
  }
  for (const actor of [nurse, stranger]) expect((await readDesk(db.database, actor)).alarms).toEqual([]);
});
