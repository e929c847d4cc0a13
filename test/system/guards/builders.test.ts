import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { appNow, rows } from "../../../src/platform/db/database.ts";
import {
  aBroker,
  aClinic,
  aPractice,
  aRequest,
  aUser,
  openTestDatabase,
  type TestDatabase,
} from "../../support/index.ts";

describe("the test database and its builders", () => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await openTestDatabase();
  });
  afterAll(async () => db.close());

  it("T2: app_now() answers the held instant, and moves only when told", async () => {
    await db.holdClock("2026-12-21T08:00:00Z");
    await db.advance({ hours: 2, minutes: 30 });
    expect((await appNow(db.q)).toISOString()).toBe("2026-12-21T10:30:00.000Z");
  });

  it("makes a story's parents on demand", async () => {
    const home = await aPractice(db, { pcn: "U1" });
    const host = await aPractice(db, { pcn: "U1" });
    const actor = await aUser(db, { roles: ["manager"], at: home.code });
    const request = await aRequest(db, { by: actor, needs: [{ count: 2 }, { service: "phleb", minutes: 10 }] });
    const clinic = await aClinic(db, { at: host.code, slots: 4, pledge: "firm" });
    const broker = await aBroker(db);
    expect(request.needIds).toHaveLength(3);
    expect(clinic.slots).toHaveLength(4);
    expect(broker.groupCode).toBe(actor.groupCode);
    const pairs = await rows(
      db.q,
      z.object({ km: z.number(), same: z.boolean() }),
      sql`select km, is_same_pcn as same from neighbours where home_code = ${home.code} and host_code = ${host.code}`,
    );
    expect(pairs.map((pair) => [pair.km.toFixed(1), pair.same])).toEqual([["1.1", true]]);
  });
});
