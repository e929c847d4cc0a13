import { afterAll, beforeAll, expect, it } from "vitest";
import { aPractice, aRequest, aUser, couldDo, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { plan, waitingFor } from "../../support/story.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
  await db.holdClock("2026-12-14T10:00:00Z");
});
afterAll(() => db.close());

it("A4, O1: what one plan asks one practice for one request is one call, also of lines with other windows", async () => {
  const home = await aPractice(db);
  const able = await aPractice(db);
  await couldDo(db, able.code, "wound-simple");
  const desk = await aUser(db, { at: able.code });
  await aRequest(db, {
    home: home.code,
    priority: "urgent",
    needs: [
      { count: 2, dueBy: "2026-12-16T12:00:00Z" },
      { count: 2, dueBy: "2026-12-18T12:00:00Z", maxKm: 30 },
    ],
  });
  await plan(db);
  const calls = await waitingFor(db, desk);
  expect(calls.map(({ kind, needs }) => ({ kind, needs: needs.map(({ ref }) => ref) }))).toEqual([
    { kind: "call", needs: ["N01", "N02", "N03", "N04"] },
  ]);
  expect(calls[0]?.reasons[0]).toMatch(/^4 × .* short by Wed 16 Dec, 12:00: can you take any\?$/);
});

it("A4: what a desk could take only in part, and could not say so with times alone, is asked for by itself", async () => {
  const home = await aPractice(db);
  const able = await aPractice(db);
  for (const service of ["wound-simple", "wound-complex"]) await couldDo(db, able.code, service);
  const desk = await aUser(db, { at: able.code });
  const { reference } = await aRequest(db, {
    home: home.code,
    priority: "urgent",
    needs: [
      { count: 2, service: "wound-simple", minutes: 20 },
      { count: 1, service: "wound-complex", minutes: 30 },
      { count: 1, service: "wound-simple", minutes: 20, requires: ["step-free"] },
    ],
  });
  await plan(db);
  const calls = (await waitingFor(db, desk)).filter((call) => call.reference === reference);
  expect(calls.map(({ needs }) => needs.map(({ ref }) => ref).join()).toSorted()).toEqual(["N01,N02", "N03", "N04"]);
});
