import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { isEnough } from "../../../src/features/matching/enough.rules.ts";
import { decide } from "../../../src/features/matching/decide.rules.ts";
import { readSnapshot } from "../../../src/features/matching/snapshot.service.ts";
import { rows } from "../../../src/platform/db/database.ts";
import { aClinic, aPractice, aRequest, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { plan, solver } from "../../support/story.ts";

let db: TestDatabase;
let group = "";
let made = 0;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(async () => db.close());
beforeEach(async () => {
  await db.holdClock("2026-12-14T09:00:00Z");
  made += 1;
  group = `EARLIEST-${made}`;
});

const FIRST = { needs: "open", practices: 12, moves: false, earliest: 1 } as const;

const startsOf = async (requestId: string): Promise<string[]> =>
  (
    await rows(
      db.q,
      z.object({ at: z.coerce.date() }),
      sql`select starts_at as at from agreements where request_id = ${requestId} and is_live order by 1`,
    )
  ).map(({ at }) => at.toISOString().slice(5, 16));

it("of a full diary a plan reads the earliest times only, and that is enough", async () => {
  const [home, host] = [await aPractice(db, { group }), await aPractice(db, { group })];
  for (const day of ["15", "16", "17"])
    await aClinic(db, { at: host.code, pledge: "firm", slots: 24, startsAt: `2026-12-${day}T09:00:00Z` });
  const request = await aRequest(db, { home: home.code, needs: [{ count: 2, dueBy: "2026-12-18T18:30:00Z" }] });
  const snapshot = await readSnapshot(db.q, group, FIRST);
  if (snapshot === undefined) throw new Error("nothing to plan");
  const read = snapshot.clinics.flatMap(({ slots }) => slots);
  expect(read.length).toBeLessThan(24);
  expect(snapshot.restBeginsAt.get(host.code)).toBe(Math.max(...read.map(({ start }) => start)));
  expect(isEnough(snapshot, await decide(snapshot, solver))).toBe(true);
  await plan(db, group);
  expect(await startsOf(request.requestId)).toEqual(["12-15T09:00", "12-15T09:20"]);
});

it("where the times that were read are of no use, the others are read", async () => {
  const [home, host] = [await aPractice(db, { group }), await aPractice(db, { group })];
  // Too short a clinic for the need comes first, many times over.
  for (let index = 0; index < 40; index += 1)
    await aClinic(db, {
      at: host.code,
      pledge: "firm",
      slots: 1,
      startsAt: new Date(Date.parse("2026-12-15T08:00:00Z") + index * 600_000).toISOString(),
      slotMinutes: 10,
      lane: `lane ${index}`,
    });
  await aClinic(db, { at: host.code, pledge: "firm", slots: 2, startsAt: "2026-12-16T09:00:00Z" });
  const request = await aRequest(db, { home: home.code, needs: [{ count: 1, dueBy: "2026-12-18T18:30:00Z" }] });
  const snapshot = await readSnapshot(db.q, group, FIRST);
  if (snapshot === undefined) throw new Error("nothing to plan");
  expect(isEnough(snapshot, await decide(snapshot, solver))).toBe(false);
  await plan(db, group);
  expect(await startsOf(request.requestId)).toEqual(["12-16T09:00"]);
});

it("a need that found its place farther away is planned again with everything that the nearer practice has", async () => {
  const [home, near] = [await aPractice(db, { group }), await aPractice(db, { group })];
  for (let index = 0; index < 40; index += 1)
    await aClinic(db, {
      at: near.code,
      pledge: "firm",
      slots: 1,
      startsAt: new Date(Date.parse("2026-12-15T08:00:00Z") + index * 600_000).toISOString(),
      slotMinutes: 10,
      lane: `lane ${index}`,
    });
  await aClinic(db, { at: near.code, pledge: "firm", slots: 1, startsAt: "2026-12-15T17:00:00Z" });
  const far = await aPractice(db, { group });
  await db.q.execute(sql`update organisations set lat = lat + 0.05 where code = ${far.code}`);
  await aClinic(db, { at: far.code, pledge: "firm", slots: 1, startsAt: "2026-12-15T17:00:00Z" });
  const request = await aRequest(db, {
    home: home.code,
    needs: [{ count: 1, dueBy: "2026-12-18T18:30:00Z", maxKm: 30 }],
  });
  await plan(db, group);
  const [given] = await rows(
    db.q,
    z.object({ code: z.string() }),
    sql`select supporting_code as code from agreements where request_id = ${request.requestId}`,
  );
  expect(given?.code).toBe(near.code);
});

it("what was read of the nearer practice has room for all needs of the home: that one of them must go farther changes nothing", async () => {
  const [home, near, far] = [
    await aPractice(db, { group }),
    await aPractice(db, { group }),
    await aPractice(db, { group }),
  ];
  for (const day of ["15", "16", "17"])
    await aClinic(db, { at: near.code, pledge: "firm", slots: 24, startsAt: `2026-12-${day}T09:00:00Z` });
  await db.q.execute(sql`update organisations set lat = lat + 0.05 where code = ${far.code}`);
  await aClinic(db, { at: far.code, pledge: "firm", slots: 2, startsAt: "2026-12-15T17:00:00Z" });
  const { requestId } = await aRequest(db, {
    home: home.code,
    needs: [{ count: 3, dueBy: "2026-12-18T18:30:00Z", maxKm: 30 }],
  });
  // One of them was declined there already (A5).
  await db.q.execute(sql`
    insert into need_exclusions (need_id, organisation_code, reason, at)
    select id, ${near.code}, 'declined', app_now() from needs where request_id = ${requestId} and ref = 'N01'`);
  const snapshot = await readSnapshot(db.q, group, FIRST);
  if (snapshot === undefined) throw new Error("nothing to plan");
  expect(snapshot.restBeginsAt.has(near.code)).toBe(true);
  const decisions = await decide(snapshot, solver);
  expect(isEnough(snapshot, decisions)).toBe(true);
  // With less read than the home has needs, nobody knows.
  const [first, ...others] = snapshot.clinics.filter((clinic) => clinic.organisationCode === near.code);
  if (first === undefined) throw new Error("nothing was read of the nearer practice");
  const clinics = [
    { ...first, slots: first.slots.slice(0, 3) },
    ...snapshot.clinics.filter((clinic) => clinic !== first && !others.includes(clinic)),
  ];
  expect(isEnough({ ...snapshot, clinics }, decisions)).toBe(false);
});
