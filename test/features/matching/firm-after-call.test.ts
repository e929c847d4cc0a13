import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { rows } from "../../../src/platform/db/database.ts";
import {
  aClinic,
  aPractice,
  aRequest,
  aUser,
  couldDo,
  openTestDatabase,
  type TestDatabase,
} from "../../support/index.ts";
import { needStates, plan, waitingFor } from "../../support/story.ts";

let db: TestDatabase;

beforeAll(async () => {
  db = await openTestDatabase();
  await db.holdClock("2026-12-14T10:00:00Z");
});
afterAll(async () => db.close());

it("O5: whoever was called is stood down when firm time is found for the need", async () => {
  const home = await aPractice(db);
  const called = await aPractice(db);
  await couldDo(db, called.code, "wound-simple");
  const request = await aRequest(db, { home: home.code, takesFirm: true, priority: "asap", needs: [{ count: 2 }] });
  await plan(db);
  const desk = await aUser(db, { roles: ["reception"], at: called.code });
  expect(await waitingFor(db, desk)).toMatchObject([{ kind: "call" }]);

  // One firm time: the other need is still wanted, so the call shrinks before it ends.
  await aClinic(db, { at: (await aPractice(db)).code, slots: 1, pledge: "firm" });
  await plan(db);
  expect((await needStates(db, request.requestId)).toSorted()).toEqual(["agreed", "offered"]);
  const [left] = await waitingFor(db, desk);
  expect(left?.needs.filter(({ isLive }) => isLive)).toHaveLength(1);

  await aClinic(db, { at: (await aPractice(db)).code, slots: 1, pledge: "firm" });
  await plan(db);
  expect(await needStates(db, request.requestId)).toEqual(["agreed", "agreed"]);
  expect(await waitingFor(db, desk)).toEqual([]);
  const told = await rows(
    db.q,
    z.object({ state: z.string() }),
    sql`select data ->> 'state' as state from events where stream = ${called.code} and type = 'offer.changed'
        order by "offset"`,
  );
  expect(told.map(({ state }) => state)).toEqual(["waiting", "stood-down"]);
});

it("A2: what may wait with two practices does not wait where one of them has firm time; what may wait with one asks the nearer", async () => {
  const home = await aPractice(db);
  const near = await aPractice(db);
  const sure = await aPractice(db);
  await db.q.execute(sql`update organisations set lat = lat + 0.02 where code = ${sure.code}`);
  await aClinic(db, { at: near.code, slots: 2, startsAt: "2026-12-15T09:00:00Z" });
  await aClinic(db, { at: sure.code, slots: 2, pledge: "firm", startsAt: "2026-12-15T09:00:00Z" });
  const of = async (priority: "routine" | "urgent") =>
    aRequest(db, { home: home.code, takesFirm: true, priority, needs: [{ count: 1, dueBy: "2026-12-16T18:30:00Z" }] });
  const routine = await of("routine");
  await plan(db);
  expect(await needStates(db, routine.requestId)).toEqual(["offered"]);
  const urgent = await of("urgent");
  await plan(db);
  expect(await needStates(db, urgent.requestId)).toEqual(["agreed"]);
  expect(await needStates(db, routine.requestId)).toEqual(["offered"]);
  const desk = await aUser(db, { roles: ["reception"], at: near.code });
  expect(await waitingFor(db, desk)).toHaveLength(1);
});
