import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { sql } from "drizzle-orm";
import type { Actor } from "../../../src/features/access/index.ts";
import { amendRequest } from "../../../src/features/requests/amending.service.ts";
import { aClinic, aPractice, aRequest, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { count, plan, startOver, sweep, waitingFor } from "../../support/story.ts";
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
