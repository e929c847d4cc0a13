import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readOpenWithNear, readSnapshot, readWanted } from "../../../src/features/matching/snapshot.service.ts";
import { nearOf } from "../../../src/features/matching/reach.repository.ts";
import { rebuildNeighbours } from "../../../src/features/practices/neighbours.repository.ts";
import { aBuddy, aClinic, aPractice, aRequest, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { needStates, plan } from "../../support/story.ts";

const GROUP = "NEAR";
const NEAREST = 3;
const FIRST = { needs: "open", practices: NEAREST, moves: false, earliest: 1 } as const;

let db: TestDatabase;
let homes: string[] = [];
beforeAll(async () => {
  db = await openTestDatabase();
  await db.holdClock("2026-12-14T09:00:00Z");
  const codes: string[] = [];
  for (let at = 0; at < 8; at += 1) {
    const { code } = await aPractice(db, { group: GROUP });
    await db.q.execute(sql`update organisations set lat = ${51 + at / 50}, lon = 0 where code = ${code}`);
    await aClinic(db, { at: code, slots: 2, startsAt: "2026-12-15T09:00:00Z" });
    codes.push(code);
  }
  homes = [codes[0] ?? "", codes[7] ?? ""];
  // The farthest of all.
  await aBuddy(db, homes[0] ?? "", homes[1] ?? "");
  await rebuildNeighbours(db.q, [GROUP]);
});
afterAll(async () => db.close());

it("who is near is the same, read with the needs or after them", async () => {
  await aRequest(db, { home: homes[0] ?? "", needs: [{ count: 1, maxKm: 60 }] });
  await aRequest(db, { home: homes[1] ?? "", needs: [{ count: 1, maxKm: 5 }] });
  const wanted = await readOpenWithNear(db.database, GROUP, NEAREST);
  expect(wanted.near?.homes).toHaveLength(2);
  const { near: _, ...without } = wanted;
  const known = await readSnapshot(db.q, GROUP, FIRST, { wanted });
  expect(known).toEqual(await readSnapshot(db.q, GROUP, FIRST, { wanted: without }));
  // Three next door, the buddy, and the other home with its two neighbours within 5 km; one begins the rest.
  expect([...(known?.members.keys() ?? [])]).toHaveLength(7);
  expect(known?.restBeginsAtKm.size).toBe(1);
  // On two connections it is the same too.
  expect(await readSnapshot(db.q, GROUP, FIRST, { wanted, beside: db.database.beside() })).toEqual(known);
});

it("is not used for a home, or a distance, that was not in it", async () => {
  const { near } = await readOpenWithNear(db.database, GROUP, NEAREST);
  const [first = "", second = ""] = homes;
  expect(nearOf(near, [{ homeCode: first, maxKm: 60 }], NEAREST)?.homes).toHaveLength(1);
  expect(nearOf(near, [{ homeCode: first, maxKm: 61 }], NEAREST)).toBeUndefined();
  expect(nearOf(near, [{ homeCode: second, maxKm: 5 }], NEAREST + 1)).toBeUndefined();
  expect(nearOf(near, [{ homeCode: "ELSEWHERE", maxKm: 5 }], NEAREST)).toBeUndefined();
  // Posted after the neighbours were read: the plan finds them itself.
  const request = await aRequest(db, { home: first, needs: [{ count: 1, maxKm: 79 }] });
  const wanted = { ...(await readWanted(db.q, GROUP, "open")), ...(near === undefined ? {} : { near }) };
  const snapshot = await readSnapshot(db.q, GROUP, FIRST, { wanted });
  expect(snapshot?.members.size).toBeGreaterThan(NEAREST);
  await plan(db, GROUP);
  expect(await needStates(db, request.requestId)).toEqual(["offered"]);
});

it("plans with a single connection: nobody who holds one waits for another", async () => {
  const single = await openTestDatabase({ poolMax: 1 });
  try {
    await single.holdClock("2026-12-14T09:00:00Z");
    const [home, host] = [await aPractice(single, { group: GROUP }), await aPractice(single, { group: GROUP })];
    await aClinic(single, { at: host.code, slots: 2, startsAt: "2026-12-15T09:00:00Z" });
    const request = await aRequest(single, { home: home.code, needs: [{ count: 1 }] });
    expect(single.database.beside()).toBe(single.q);
    await plan(single, GROUP);
    expect(await needStates(single, request.requestId)).toEqual(["offered"]);
  } finally {
    await single.close();
  }
});
