import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { sql } from "drizzle-orm";
import type { Actor } from "../../../src/features/access/index.ts";
import { defaultPlan } from "../../../src/features/cover-plans/index.ts";
import { callsBeside } from "../../../src/features/matching/asking.rules.ts";
import { amendRequest } from "../../../src/features/requests/amending.service.ts";
import {
  aClinic,
  aPractice,
  aRequest,
  aUser,
  couldDo,
  openTestDatabase,
  type TestDatabase,
} from "../../support/index.ts";
import { count, needStates, plan, startOver, sweep, waitingFor } from "../../support/story.ts";
import { recordingPorts } from "../requests/support.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
beforeEach(() => startOver(db));
afterAll(() => db.close());

it("A3: where the first rings held nothing, the last one still brings one more practice for each wait, three in all", async () => {
  const home = await aPractice(db);
  const desks: Actor[] = [];
  for (let index = 0; index < 5; index += 1) {
    const host = await aPractice(db);
    await aClinic(db, { at: host.code, slots: 1, startsAt: "2026-12-17T09:00:00Z" });
    desks.push(await aUser(db, { at: host.code }));
  }
  await aRequest(db, {
    home: home.code,
    priority: "routine",
    needs: [{ count: 1, dueBy: "2026-12-18T18:30:00Z" }],
  });
  await plan(db);
  const asked = async (): Promise<number> =>
    (await Promise.all(desks.map(async (desk) => (await waitingFor(db, desk)).length))).reduce((sum, n) => sum + n, 0);
  expect(await asked()).toBe(1);
  await db.advance({ hours: 4 });
  await sweep(db);
  expect(await asked()).toBe(2);
  await db.advance({ hours: 4 });
  await sweep(db);
  expect(await asked()).toBe(3);
});

it("A3: what is offered when its terms are loosened waits for the next ring as before", async () => {
  const home = await aPractice(db);
  const host = await aPractice(db);
  await aClinic(db, { at: host.code, slots: 1, startsAt: "2026-12-17T09:00:00Z" });
  const nurse = await aUser(db, { roles: ["nurse"], at: home.code });
  const { reference } = await aRequest(db, {
    home: home.code,
    priority: "routine",
    needs: [{ count: 1, dueBy: "2026-12-18T18:30:00Z", maxKm: 5 }],
  });
  await plan(db);
  const waits = async (): Promise<number> => count(db, sql`needs where state = 'offered' and widen_at is not null`);
  expect(await waits()).toBe(1);
  const { ports } = recordingPorts();
  await db.database.transact((tx) =>
    amendRequest(tx, ports, nurse, { reference, version: 1, lines: [{ line: 1, maxKm: 12 }] }),
  );
  await sweep(db);
  expect(await waits()).toBe(1);
});

it("A3, O5: once a wait has passed unanswered, firm time in the opened ring is taken, and whoever was asked is thanked", async () => {
  const home = await aPractice(db);
  const near = await aPractice(db);
  await aClinic(db, { at: near.code, slots: 1, startsAt: "2026-12-17T09:00:00Z" });
  const request = await aRequest(db, {
    home: home.code,
    takesFirm: true,
    priority: "routine",
    needs: [{ count: 1, dueBy: "2026-12-18T18:30:00Z" }],
  });
  await plan(db);
  const desk = await aUser(db, { roles: ["reception"], at: near.code });
  expect(await waitingFor(db, desk)).toHaveLength(1);

  // Before the wait has passed firm time that comes up changes nothing: one practice is asked, and it may still answer.
  await aClinic(db, { at: (await aPractice(db)).code, slots: 1, pledge: "firm", startsAt: "2026-12-17T10:00:00Z" });
  await plan(db);
  expect(await needStates(db, request.requestId)).toEqual(["offered"]);

  await db.advance({ hours: 4 });
  await sweep(db);
  expect(await needStates(db, request.requestId)).toEqual(["agreed"]);
  expect(await waitingFor(db, desk)).toEqual([]);
  expect(await count(db, sql`offers where state = 'stood-down'`)).toBe(1);
  expect(await count(db, sql`slots where state = 'busy-tentative'`)).toBe(0);
  expect(await count(db, sql`slots where state = 'busy'`)).toBe(1);
});

it("A3, A4: once a wait has passed unanswered and no published time is left, practices are called besides, one for each wait", async () => {
  const home = await aPractice(db);
  const asked = await aPractice(db);
  await aClinic(db, { at: asked.code, slots: 1, startsAt: "2026-12-17T09:00:00Z" });
  const callable: Actor[] = [];
  for (let index = 0; index < 3; index += 1) {
    const { code } = await aPractice(db);
    await couldDo(db, code, "wound-simple");
    callable.push(await aUser(db, { at: code }));
  }
  const { requestId } = await aRequest(db, {
    home: home.code,
    priority: "routine",
    needs: [{ count: 1, dueBy: "2026-12-18T18:30:00Z" }],
  });
  await plan(db);
  const calls = async (): Promise<number> =>
    (await Promise.all(callable.map(async (desk) => (await waitingFor(db, desk)).length))).reduce(
      (sum, n) => sum + n,
      0,
    );
  // Before that one practice is asked, and it may still answer.
  expect(await calls()).toBe(0);
  await db.advance({ hours: 4 });
  await sweep(db);
  expect(await calls()).toBe(1);
  await db.advance({ hours: 4 });
  await sweep(db);
  expect(await calls()).toBe(2);
  // Whoever was asked first keeps its offer beside them.
  expect(await waitingFor(db, await aUser(db, { at: asked.code }))).toHaveLength(1);
  expect(await needStates(db, requestId)).toEqual(["offered"]);
});

it("A3, A4: no call besides where published times are left for as many practices, nor where the cover plan calls nobody", () => {
  const twice = { asking: defaultPlan.routine, extraAsks: 2 };
  expect([1, 2, 3].map((asked) => callsBeside(twice, asked))).toEqual([2, 1, 0]);
  expect(callsBeside({ asking: { ...defaultPlan.routine, calls: 0 }, extraAsks: 2 }, 1)).toBe(0);
});
