import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Actor } from "../../../src/features/access/index.ts";
import { planSchema } from "../../../src/features/cover-plans/cover-plans.schema.ts";
import { defaultPlan } from "../../../src/features/cover-plans/index.ts";
import { rows } from "../../../src/platform/db/database.ts";
import { bearer, startTestApp, type TestApp } from "../../support/app.ts";
import {
  aBroker,
  aBuddy,
  aClinic,
  aPractice,
  aRequest,
  aUser,
  couldDo,
  openTestDatabase,
  type TestDatabase,
} from "../../support/index.ts";
import { plan, sweep, waitingFor } from "../../support/story.ts";

let db: TestDatabase;
let app: TestApp;
let group = "";
let broker: Actor;
let made = 0;

beforeAll(async () => {
  db = await openTestDatabase();
  app = await startTestApp(db, { matcher: false });
});
afterAll(async () => {
  await app.close();
  await db.close();
});
beforeEach(async () => {
  await db.holdClock("2026-12-14T09:00:00Z");
  made += 1;
  group = `PLANS-${made}`;
  broker = await aBroker(db, { group });
});

const call = async (as: Actor, method: string, path: string, body?: unknown, ifMatch?: string) => {
  const answer = await fetch(`${app.url}${path}`, {
    method,
    headers: {
      ...(await bearer(db, as)),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...(ifMatch === undefined ? {} : { "if-match": ifMatch }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const json: unknown = await answer.json();
  return { status: answer.status, etag: answer.headers.get("etag") ?? "", json };
};

const urgent = { ...defaultPlan.urgent };
const put = async (service: string, changed: unknown) => {
  const { etag } = await call(broker, "GET", `/v1/cover-plans/${service}`);
  return call(broker, "PUT", `/v1/cover-plans/${service}`, { plan: changed }, etag);
};

/** Desks of the group that each have one free time to be asked for. */
const desks = async (count: number): Promise<Actor[]> => {
  const found: Actor[] = [];
  for (let index = 0; index < count; index += 1) {
    const host = await aPractice(db, { group });
    await aClinic(db, { at: host.code, slots: 1, startsAt: "2026-12-17T09:00:00Z" });
    found.push(await aUser(db, { at: host.code }));
  }
  return found;
};
const askedOf = async (some: readonly Actor[]): Promise<number> =>
  (await Promise.all(some.map(async (desk) => (await waitingFor(db, desk)).length))).reduce((sum, n) => sum + n, 0);

const anUrgent = async (home: string) =>
  aRequest(db, { home, priority: "urgent", needs: [{ count: 1, dueBy: "2026-12-18T18:30:00Z" }] });

describe("cover plans of a sharing group", () => {
  it("are the default until changed; a service's own comes before that of all, and null takes it back", async () => {
    await aClinic(db, { at: (await aPractice(db, { group })).code });
    const before = await call(broker, "GET", "/v1/cover-plans");
    expect(before.json).toMatchObject({
      default: defaultPlan,
      items: [
        { service: "all", from: "default", version: 0 },
        { from: "default", version: 0 },
      ],
    });
    const slower = { ...defaultPlan, urgent: { ...urgent, breadth: 1 } };
    expect(await put("all", slower)).toMatchObject({ status: 200, json: { from: "own", version: 1, plan: slower } });
    const wound = async () => (await call(broker, "GET", "/v1/cover-plans/wound-simple")).json;
    expect(await wound()).toMatchObject({ from: "all", plan: slower, version: 0 });
    const own = { ...defaultPlan, urgent: { ...urgent, breadth: 3 } };
    await put("wound-simple", own);
    expect(await wound()).toMatchObject({ from: "own", plan: own, version: 1 });
    await put("wound-simple", null);
    expect(await wound()).toMatchObject({ from: "all", plan: slower, version: 2 });
    expect(await put("all", null)).toMatchObject({ json: { from: "default", plan: defaultPlan, version: 2 } });
    const trail = await rows(
      db.q,
      z.object({ service: z.string() }),
      sql`select data ->> 'service' as service from audit_entries where action = 'cover-plan.change' and subject = ${group} order by id`,
    );
    expect(trail.map(({ service }) => service)).toEqual(["all", "wound-simple", "wound-simple", "all"]);
  });

  it("are changed by brokers only, from what was read last, within limits; another group's stay as they are", async () => {
    const nurse = await aUser(db, { at: (await aPractice(db, { group })).code });
    expect((await call(nurse, "GET", "/v1/cover-plans")).status).toBe(403);
    expect((await call(broker, "PUT", "/v1/cover-plans/all", { plan: defaultPlan })).status).toBe(428);
    const { etag } = await call(broker, "GET", "/v1/cover-plans/all");
    await put("all", { ...defaultPlan, urgent: { ...urgent, breadth: 1 } });
    expect(await call(broker, "PUT", "/v1/cover-plans/all", { plan: null }, etag)).toMatchObject({
      status: 412,
      json: { code: "cover-plan-stale" },
    });
    for (const wrong of [
      { ...urgent, breadth: 0 },
      { ...urgent, breadth: 7 },
      { ...urgent, calls: 13 },
      { ...urgent, waits: { ...urgent.waits, pcn: 4 } },
      { ...urgent, waits: { ...urgent.waits, group: 1_261 } },
    ])
      expect((await put("all", { ...defaultPlan, urgent: wrong })).status).toBe(422);
    const unknown = "/v1/cover-plans/no-such-service";
    expect((await call(broker, "PUT", unknown, { plan: defaultPlan }, etag)).status).toBe(404);
    const stranger = await aBroker(db, { group: `${group}-OTHER` });
    expect((await call(stranger, "GET", "/v1/cover-plans/all")).json).toMatchObject({ from: "default", version: 0 });
  });

  it("the waits for a rush are there to be put: 45, 45 and 10 minutes, with the same practices asked at once", async () => {
    const answer = z.object({ rush: planSchema }).parse((await call(broker, "GET", "/v1/cover-plans")).json);
    const waits = (minutes: number) => ({ buddies: minutes, pcn: minutes, group: minutes });
    expect(answer.rush).toEqual({
      routine: { ...defaultPlan.routine, waits: waits(45) },
      urgent: { ...defaultPlan.urgent, waits: waits(45) },
      asap: { ...defaultPlan.asap, waits: waits(10) },
    });
    expect(await put("all", answer.rush)).toMatchObject({ status: 200, json: { from: "own", plan: answer.rush } });
  });

  it("A2: breadth 1 asks one practice where two would be asked", async () => {
    const home = await aPractice(db, { group });
    const hosts = await desks(3);
    await put("all", { ...defaultPlan, urgent: { ...urgent, breadth: 1 } });
    await anUrgent(home.code);
    await plan(db, group);
    expect(await askedOf(hosts)).toBe(1);
  });

  it("A3: a ring that holds nobody else is skipped at once when its turn comes", async () => {
    const home = await aPractice(db, { group });
    const [buddy, ...others] = await desks(3);
    await aBuddy(db, home.code, buddy?.organisationCode ?? "");
    await anUrgent(home.code);
    await plan(db, group);
    expect(await askedOf(others)).toBe(0);
    // The PCN holds nobody: after the buddies' wait the group is asked, not after a second one.
    await db.advance({ minutes: 45 });
    await sweep(db);
    expect(await askedOf(others)).toBeGreaterThan(0);
  });

  it("A3: a longer wait with buddies keeps the next ring closed for so long", async () => {
    const home = await aPractice(db, { group });
    const [buddy, ...others] = await desks(3);
    await aBuddy(db, home.code, buddy?.organisationCode ?? "");
    // Below the two open hours in which an urgent offer lapses, so that it is the wait that is seen.
    const waits = { ...urgent.waits, buddies: 90 };
    await put("wound-simple", { ...defaultPlan, urgent: { ...urgent, waits } });
    await anUrgent(home.code);
    await plan(db, group);
    expect([await askedOf(buddy === undefined ? [] : [buddy]), await askedOf(others)]).toEqual([1, 0]);
    await db.advance({ minutes: 89 });
    await sweep(db);
    expect(await askedOf(others)).toBe(0);
    await db.advance({ minutes: 1 });
    await sweep(db);
    expect(await askedOf(others)).toBeGreaterThan(0);
  });

  it("a change begins the present wait of what waits anew, and plans it at once", async () => {
    const home = await aPractice(db, { group });
    const [buddy, ...others] = await desks(3);
    await aBuddy(db, home.code, buddy?.organisationCode ?? "");
    const request = await anUrgent(home.code);
    await plan(db, group);
    const widenAt = async (): Promise<string | undefined> =>
      (
        await rows(
          db.q,
          z.object({ at: z.coerce.date().nullable() }),
          sql`select widen_at as at from needs where request_id = ${request.requestId}`,
        )
      )[0]?.at?.toISOString();
    expect(await widenAt()).toBe("2026-12-14T09:45:00.000Z");
    await db.advance({ minutes: 40 });
    await put("all", { ...defaultPlan, urgent: { ...urgent, waits: { buddies: 15, pcn: 15, group: 15 }, breadth: 1 } });
    await sweep(db);
    expect(await widenAt()).toBe("2026-12-14T09:55:00.000Z");
    await db.advance({ minutes: 15 });
    await sweep(db);
    expect(await askedOf(others)).toBe(1);
  });

  it("M6: home reads the waits that apply to its request", async () => {
    const home = await aPractice(db, { group });
    const nurse = await aUser(db, { at: home.code });
    const request = await anUrgent(home.code);
    const why = async () => (await call(nurse, "GET", `/v1/cover-requests/${request.reference}/why`)).json;
    const line = (words: unknown) => ({ lines: [{ asking: { priority: "urgent", words } }] });
    expect(await why()).toMatchObject(
      line([
        "Each may wait with 2 practices at once at first.",
        "After each 45 minutes of your opening hours without an answer, more practices are asked.",
        expect.stringContaining("Up to 3 practices that have published no times"),
      ]),
    );
    await put("wound-simple", {
      ...defaultPlan,
      urgent: { waits: { buddies: 90, pcn: 60, group: 45 }, breadth: 1, calls: 0 },
    });
    expect(await why()).toMatchObject(
      line([
        "Each waits with 1 practice at once at first.",
        "Your buddy practices have 1½ hours of your opening hours before your PCN is asked too, your PCN 1 hour of your opening hours before the sharing group is, and after each 45 minutes of your opening hours more of the group are.",
        "Practices that have published no times are not asked.",
      ]),
    );
  });

  it("A4: without calls nobody who published nothing is asked", async () => {
    const home = await aPractice(db, { group });
    const host = await aPractice(db, { group });
    const desk = await aUser(db, { at: host.code });
    await couldDo(db, host.code, "wound-simple");
    await put("wound-simple", { ...defaultPlan, urgent: { ...urgent, calls: 0 } });
    await anUrgent(home.code);
    await plan(db, group);
    expect(await waitingFor(db, desk)).toEqual([]);
    await put("wound-simple", null);
    await sweep(db);
    expect(await waitingFor(db, desk)).toMatchObject([{ kind: "call" }]);
  });
});
