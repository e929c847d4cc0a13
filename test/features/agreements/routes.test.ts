import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { agreementDetail, agreementPage, stepsAnswer } from "../../../src/features/agreements/agreements.schema.ts";
import { chaseLateSteps, warnOfRelease } from "../../../src/features/agreements/index.ts";
import type { Actor } from "../../../src/features/access/index.ts";
import { deskView } from "../../../src/features/desk/index.ts";
import { newId } from "../../../src/platform/ids/ids.ts";
import { bearer } from "../../support/app.ts";
import { count } from "../../support/story.ts";
import { openWholeApi, type WholeApi } from "../../system/support/whole-api.ts";
import { agreed, MONDAY, stepOf, tick } from "./support.ts";

let api: WholeApi;
beforeAll(async () => {
  api = await openWholeApi();
});
afterAll(() => api.close());
beforeEach(async () => {
  await api.db.q.execute(sql`truncate organisations, cover_requests, match_due, events, event_heads cascade`);
  await api.db.holdClock(MONDAY);
});

const send = async (actor: Actor, url: string, payload?: Record<string, unknown>, key?: string) =>
  api.server.inject({
    method: payload === undefined ? "GET" : "POST",
    url,
    headers: { ...(await bearer(api.db, actor)), ...(key === undefined ? {} : { "idempotency-key": key }) },
    ...(payload === undefined ? {} : { payload }),
  });

describe("the handover by the API", () => {
  it("H2: one agreement shows its checklist, the steps so far, what the reader may tick and its release-by", async () => {
    const work = await agreed(api.db);
    const [id = ""] = work.ids;
    const wanted = ["Patient brings the dressings"];
    await api.db.q.execute(sql`
      update services set handover_checklist = ${sql.param(wanted)}::text[] where code = 'wound-simple'`);
    const read = async (actor: Actor) => agreementDetail.parse((await send(actor, `/v1/agreements/${id}`)).json());
    expect(await read(work.home)).toMatchObject({
      checklist: wanted,
      nextSteps: ["passed"],
      releaseAt: "2026-12-14T15:15:00.000Z",
      canExtendRelease: true,
      steps: [{ step: "agreed", organisationCode: work.supporting.organisationCode, undoneAt: null }],
    });
    expect(await read(work.supporting)).toMatchObject({ nextSteps: ["blocked"], canExtendRelease: false });
  });

  it("H1: says which steps are owed, by whom and by when, and which are late, in a list, in one and in the snapshot", async () => {
    const work = await agreed(api.db);
    const owed = async (actor: Actor) => {
      const [listed] = agreementPage.parse((await send(actor, "/v1/agreements")).json()).items;
      const one = agreementDetail.parse((await send(actor, `/v1/agreements/${work.ids[0] ?? ""}`)).json());
      const desk = deskView.parse((await send(actor, "/v1/snapshot")).json());
      expect(one.owed).toEqual(listed?.owed);
      expect(desk.agreements[0]?.owed).toEqual(listed?.owed);
      return listed?.owed.map(({ step, owner, dueBy, isLate }) => [step, owner, dueBy, isLate]);
    };
    const passed = (isLate: boolean) => ["passed", "home", "2026-12-14T15:15:00.000Z", isLate];
    // Before any sweep has worked it out, and after.
    const blocked = (isLate: boolean) => ["blocked", "supporting", "2026-12-14T11:00:00.000Z", isLate];
    expect(await owed(work.home)).toEqual([blocked(false), passed(false)]);
    await chaseLateSteps(api.db.database);
    expect(await owed(work.supporting)).toEqual([blocked(false), passed(false)]);
    await api.db.holdClock("2026-12-14T11:00:00Z");
    expect(await owed(work.home)).toEqual([blocked(true), passed(false)]);
    await tick(api.db, work.supporting, "blocked", work.ids);
    expect(await owed(work.home)).toEqual([passed(false)]);
    await api.db.holdClock("2026-12-14T12:38:00Z");
    await warnOfRelease(api.db.database);
    expect(await owed(work.home)).toEqual([passed(true)]);
    await tick(api.db, work.home, "passed", work.ids);
    // Two open hours of Monday.
    expect(await owed(work.home)).toEqual([["booked", "supporting", "2026-12-14T14:38:00.000Z", false]]);
    await tick(api.db, work.supporting, "booked", work.ids);
    // Half-way to Tuesday 10:00 in open time, which is before four open hours have gone.
    expect(await owed(work.home)).toEqual([["told", "home", "2026-12-14T16:34:00.000Z", false]]);
    await tick(api.db, work.home, "told", work.ids);
    expect(await owed(work.home)).toEqual([["outcome", "supporting", "2026-12-16T10:20:00.000Z", false]]);
    await api.db.holdClock("2026-12-15T10:30:00Z");
    await tick(api.db, work.supporting, "attended", work.ids);
    expect(await owed(work.home)).toEqual([]);
  });

  it("O6: ticking is repeated with its first answer under the same key; H4: extending and H5: swapping answer", async () => {
    const work = await agreed(api.db, { count: 2 });
    const [a = "", b = ""] = work.ids;
    const body = { step: "blocked", agreements: work.ids };
    const key = newId();
    const first = await send(work.supporting, "/v1/agreements/steps", body, key);
    const { userId, organisationCode } = work.supporting;
    expect(stepsAnswer.parse(first.json()).items.map(({ changed }) => changed)).toEqual([true, true]);
    expect((await send(work.supporting, "/v1/agreements/steps", body, key)).body).toBe(first.body);
    expect(
      await count(
        api.db,
        sql`agreement_steps where step = 'blocked' and user_id = ${userId} and organisation_code = ${organisationCode}`,
      ),
    ).toBe(2);
    expect((await send(work.home, `/v1/agreements/${a}/extend-release`, {})).statusCode).toBe(200);
    expect((await send(work.home, "/v1/agreements/swap", { a, b })).statusCode).toBe(200);
    expect((await send(work.supporting, "/v1/agreements/steps/undo", { agreements: [a] })).json()).toMatchObject({
      items: [{ step: "agreed", changed: true }],
    });
    expect((await send(work.home, `/v1/agreements/${a}/patient-no`, { code: "time" })).json()).toEqual({
      needState: "open",
    });
    expect(await stepOf(api.db, a)).toBe("cancelled");
  });

  it("refuses an unknown step, no agreement, more than 200, and words instead of a code (P1)", async () => {
    const { home, ids } = await agreed(api.db);
    const wrong: [string, Record<string, unknown>][] = [
      ["/v1/agreements/steps", { step: "done", agreements: ids }],
      ["/v1/agreements/steps", { step: "passed", agreements: [] }],
      ["/v1/agreements/steps", { step: "passed", agreements: Array.from({ length: 201 }, () => newId()) }],
      [`/v1/agreements/${ids[0] ?? ""}/patient-no`, { code: "she would rather see Dr Lee" }],
    ];
    for (const [url, payload] of wrong)
      expect((await send(home, url, payload)).json()).toMatchObject({ status: 422, code: "invalid-input" });
    expect(api.errors).toEqual([]);
  });
});
