import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readNextDoor } from "../../../src/features/matching/next-door.service.ts";
import { readSnapshot } from "../../../src/features/matching/snapshot.service.ts";
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

it("what is next door is the same, read with the needs in one round trip or after them", async () => {
  await aRequest(db, {
    home: homes[0] ?? "",
    needs: [
      { count: 1, maxKm: 60 },
      { count: 2, minutes: 40, maxKm: 20 },
    ],
  });
  await aRequest(db, { home: homes[1] ?? "", needs: [{ count: 1, maxKm: 5, dueBy: "2026-12-17T12:00:00Z" }] });
  const { snapshot, wanted, told } = await readNextDoor(db.database, GROUP, FIRST);
  expect(snapshot).toEqual(await readSnapshot(db.q, GROUP, FIRST, { wanted }));
  // Three next door, the buddy, and the other home with its two neighbours within 5 km; one begins the rest.
  expect([...(snapshot?.members.keys() ?? [])]).toHaveLength(7);
  expect(snapshot?.restBeginsAtKm.size).toBe(1);
  expect(snapshot?.clinics.length).toBeGreaterThan(0);
  expect(new Set(told.counted.map(({ looking }) => looking))).toEqual(new Set([1, 3]));
  // On one connection it is the same too.
  const single = { q: db.q, beside: () => db.q };
  expect((await readNextDoor(single, GROUP, FIRST)).snapshot).toEqual(snapshot);
});

it("is not used where a need was changed between its halves: the plan then reads again", async () => {
  await db.database.transact(async (tx) => {
    // The half beside sees what has not been committed yet.
    await tx.q.execute(sql`update cover_requests set version = version + 1 where home_code = ${homes[0]}`);
    const { snapshot, wanted } = await readNextDoor({ q: db.q, beside: () => tx.q }, GROUP, FIRST);
    expect(wanted.needs).toHaveLength(4);
    expect(snapshot).toBeUndefined();
  });
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
