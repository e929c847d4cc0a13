import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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
import { needStates, plan, startOver, waitingFor } from "../../support/story.ts";

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

describe("M2, O1: firm time, where the plan's first choice would have to be asked", () => {
  const dueBy = "2026-12-16T18:30:00Z";
  /** A practice next door to be asked, and one farther away that has said yes. */
  const nearAndSure = async (firm: number) => {
    await startOver(db);
    const [home, near, sure] = [await aPractice(db), await aPractice(db), await aPractice(db)];
    await db.q.execute(sql`update organisations set lat = lat + 0.02 where code = ${sure.code}`);
    await aClinic(db, { at: near.code, slots: 2, startsAt: "2026-12-15T09:00:00Z" });
    const publish = async () =>
      aClinic(db, { at: sure.code, slots: firm, pledge: "firm", startsAt: "2026-12-15T09:00:00Z" });
    const post = async (priority: "routine" | "urgent", count: number) =>
      aRequest(db, { home: home.code, takesFirm: true, priority, needs: [{ count, dueBy }] });
    return { near: await aUser(db, { roles: ["reception"], at: near.code }), publish, post };
  };

  it("is agreed at once, also for what may wait with one practice only", async () => {
    const { near, publish, post } = await nearAndSure(2);
    await publish();
    const routine = await post("routine", 2);
    await plan(db);
    expect(await needStates(db, routine.requestId)).toEqual(["agreed", "agreed"]);
    expect(await waitingFor(db, near)).toEqual([]);
  });

  it("A2: a routine need stays with the desk that is asked already; an urgent one may wait with two, and does not wait", async () => {
    const { near, publish, post } = await nearAndSure(1);
    const [routine, urgent] = [await post("routine", 1), await post("urgent", 1)];
    await plan(db);
    expect(await waitingFor(db, near)).toHaveLength(2);
    await publish();
    await plan(db);
    expect(await needStates(db, routine.requestId)).toEqual(["offered"]);
    expect(await needStates(db, urgent.requestId)).toEqual(["agreed"]);
  });

  it("adds no place to a request that could be had at one: two routine needs are asked for together", async () => {
    const { near, publish, post } = await nearAndSure(1);
    await publish();
    const routine = await post("routine", 2);
    await plan(db);
    expect(await needStates(db, routine.requestId)).toEqual(["offered", "offered"]);
    expect((await waitingFor(db, near)).map(({ needs }) => needs.length)).toEqual([2]);
  });
});
