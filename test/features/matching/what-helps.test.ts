import fc from "fast-check";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Actor } from "../../../src/features/access/index.ts";
import { helpView, type HelpView } from "../../../src/features/matching/matching.schema.ts";
import { leastSteps } from "../../../src/features/matching/what-helps.rules.ts";
import { bearer, startTestApp, type TestApp } from "../../support/app.ts";
import { aClinic, aPractice, aRequest, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { count, plan, startOver } from "../../support/story.ts";

type Helps = HelpView["lines"][number]["helps"];
type Help = Helps[number];

describe("what would help most", () => {
  let db: TestDatabase;
  let app: TestApp;
  beforeAll(async () => {
    db = await openTestDatabase();
    app = await startTestApp(db, { matcher: false });
  });
  afterAll(async () => {
    await app.close();
    await db.close();
  });
  beforeEach(() => startOver(db));

  const send = async (actor: Actor, method: "GET" | "PATCH", url: string, rest: object = {}) => {
    const headers = { ...(await bearer(db, actor)), ...(method === "PATCH" ? { "if-match": '"1"' } : {}) };
    return app.api.server.inject({ method, url, headers, ...rest });
  };
  const helpFor = async (actor: Actor, reference: string): Promise<HelpView["lines"]> =>
    helpView.parse((await send(actor, "GET", `/v1/cover-requests/${reference}/help`)).json()).lines;
  const looking = async (requestId: string): Promise<number> =>
    count(db, sql`needs where request_id = ${requestId} and state = 'open'`);

  const dueBy = "2026-12-16T12:00:00Z";
  const line = { count: 6, maxKm: 5, minutes: 20, requires: ["step-free"], dueBy };

  /** Six step-free dressings within 5 km by Wednesday noon; each help is one change away, and each gains another number. */
  const aShortPractice = async () => {
    const home = await aPractice(db, { lat: 54.9 });
    const at = { lat: 54.91, provides: ["step-free"] };
    const near = await aPractice(db, at);
    await aClinic(db, { at: near.code, slots: 1 });
    const upstairs = await aPractice(db, { lat: 54.92 });
    await aClinic(db, { at: upstairs.code, slots: 2 });
    const thursday = await aPractice(db, at);
    await aClinic(db, { at: thursday.code, slots: 4, startsAt: "2026-12-17T10:00:00Z" });
    // 7.8 km and 22 km to the north.
    for (const lat of [54.97, 55.1]) {
      const { code } = await aPractice(db, { lat, provides: ["step-free"] });
      await aClinic(db, { at: code, slots: lat === 55.1 ? 2 : 3 });
    }
    const request = await aRequest(db, { home: home.code, priority: "routine", needs: [line] });
    await plan(db);
    return { request, nurse: request.poster };
  };

  it("M6: says what helps most in words and numbers, most first, and gives no advice where all is well", async () => {
    const { request, nurse } = await aShortPractice();
    const [found] = await helpFor(nurse, request.reference);
    expect(found).toMatchObject({ looking: 6, uncovered: 5 });
    expect(found?.helps.map(({ kind, covers, words }) => [kind, covers, words])).toEqual([
      ["distance", 5, "23 km instead of 5 km would cover 5 more."],
      ["slots", 5, "5 more 20-minute slots with step-free access before Wed 16 Dec, 12:00 would cover 5 more."],
      ["later", 4, "One day longer, until Thu 17 Dec, 12:00, would cover 4 more."],
      ["distance", 3, "8 km instead of 5 km would cover 3 more."],
      ["requirement", 2, "Without step-free access, 2 more could be covered."],
    ]);
    expect(await count(db, sql`slots where state = 'busy-tentative'`)).toBe(1);
    const well = await aRequest(db, { home: request.homeCode, priority: "routine", needs: [{ maxKm: 40 }] });
    await plan(db);
    expect((await helpFor(nurse, well.reference))[0]).toMatchObject({ uncovered: 0, helps: [] });
  });

  it.each<[string, (help: Help) => boolean, (help: Help) => object]>([
    ["a little farther", ({ kind, covers }) => kind === "distance" && covers === 3, ({ maxKm }) => ({ maxKm })],
    ["farther", ({ kind, covers }) => kind === "distance" && covers === 5, ({ maxKm }) => ({ maxKm })],
    ["later", ({ kind }) => kind === "later", (help) => ({ dueBy: help.dueBy })],
    ["without a requirement", ({ kind }) => kind === "requirement", () => ({ requires: [] })],
  ])("M6: what was promised comes true once the request is amended: %s", async (_name, which, change) => {
    const { request, nurse } = await aShortPractice();
    const help = (await helpFor(nurse, request.reference))[0]?.helps.find(which);
    expect(help).toBeDefined();
    if (help === undefined) return;
    expect(await looking(request.requestId)).toBe(5);
    const payload = { lines: [{ line: 1, ...change(help) }] };
    const amended = await send(nurse, "PATCH", `/v1/cover-requests/${request.reference}`, { payload });
    expect(amended.statusCode).toBe(200);
    await plan(db);
    expect(await looking(request.requestId)).toBe(5 - help.covers);
  });

  it("M6: more slots help as said once somebody publishes them, and a longer slot where times are too short", async () => {
    const home = await aPractice(db, { lat: 54.9 });
    const host = await aPractice(db, { lat: 54.91 });
    await aClinic(db, { at: host.code, slots: 1, startsAt: "2026-12-15T09:00:00Z" });
    await aClinic(db, { at: host.code, slots: 1, startsAt: "2026-12-15T15:00:00Z" });
    const request = await aRequest(db, {
      home: home.code,
      priority: "routine",
      needs: [{ count: 3, minutes: 40, maxKm: 5, dueBy }],
    });
    await plan(db);
    const [found] = await helpFor(request.poster, request.reference);
    expect(found?.helps.map(({ words }) => words)).toEqual([
      "3 more 40-minute slots before Wed 16 Dec, 12:00 would cover 3 more.",
      "2 more would fit if 20 minutes are enough. 40 minutes in one piece are not free.",
    ]);
    await aClinic(db, { at: host.code, slots: 3, slotMinutes: 40, lane: "B" });
    await plan(db);
    expect(await looking(request.requestId)).toBe(0);
  });

  it("P3: a stranger's request does not exist", async () => {
    const { reference } = await aRequest(db);
    const answer = await send(await aUser(db), "GET", `/v1/cover-requests/${reference}/help`);
    expect(answer.statusCode).toBe(404);
  });
});

describe("least steps", () => {
  it("finds the least step that gains anything and the least that gains all, whatever the gains", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 12 }), async (rises) => {
        let sum = 0;
        const gains = rises.map((rise) => (sum += rise));
        const steps = gains.map((_gain, at) => at);
        const found = await leastSteps(steps, async (step) => gains[step] ?? 0);
        const first = gains.findIndex((gain) => gain > 0);
        const most = gains.indexOf(sum);
        const wanted = sum === 0 ? [] : [...new Set([first, most])].map((step) => ({ step, covers: gains[step] }));
        expect(found).toEqual(wanted);
      }),
    );
  });
});
