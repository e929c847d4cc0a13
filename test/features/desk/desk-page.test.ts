import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { readDesk, readDeskPage } from "../../../src/features/desk/desk.service.ts";
import { standDown } from "../../../src/features/offers/index.ts";
import { rows } from "../../../src/platform/db/database.ts";
import { aClinic, aPractice, aRequest, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { plan } from "../../support/story.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
  await db.holdClock("2026-12-14T10:00:00Z");
});
afterAll(() => db.close());

const needsOf = async (offerId: string): Promise<string[]> =>
  (
    await rows(
      db.q,
      z.object({ id: z.string() }),
      sql`select need_id as id from offer_needs where offer_id = ${offerId}`,
    )
  ).map(({ id }) => id);

it("O5, A6: the page has the most urgent first, times of the first only, and thanks for what ended today", async () => {
  const home = await aPractice(db);
  const host = await aPractice(db);
  await aClinic(db, { at: host.code, slots: 6 });
  const desk = await aUser(db, { at: host.code });
  const posted: string[] = [];
  for (const priority of ["routine", "asap", "urgent"] as const)
    posted.push((await aRequest(db, { home: home.code, priority, needs: [{ count: 2 }] })).reference);
  await plan(db);
  const look = async () => readDeskPage(db.database, desk, { timesOf: 1, thanks: 5, given: { days: 14, limit: 3 } });
  const { waiting } = await look();
  const [routine, asap, urgent] = posted;
  expect(waiting.map(({ reference }) => reference)).toEqual([asap, urgent, routine]);
  expect(waiting.map(({ slots }) => slots.length)).toEqual([2, 0, 0]);
  expect(waiting.map(({ needs }) => needs.map(({ ref }) => ref))).toEqual(waiting.map(() => ["N01", "N02"]));
  const whole = await readDesk(db.database, desk);
  expect(whole.waiting.map(({ reference, slots }) => [reference, slots.length])).toEqual([
    [asap, 2],
    [urgent, 2],
    [routine, 2],
  ]);

  const offer = waiting.find(({ reference }) => reference === routine);
  await db.database.transact(async (tx) => standDown(tx, await needsOf(offer?.id ?? "")));
  expect((await look()).thanks).toEqual([routine]);
  await db.advance({ hours: 14 });
  expect((await look()).thanks).toEqual([]);
});
