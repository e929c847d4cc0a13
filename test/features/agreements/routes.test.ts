import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { agreementDetail, stepsAnswer } from "../../../src/features/agreements/agreements.schema.ts";
import type { Actor } from "../../../src/features/access/index.ts";
import { newId } from "../../../src/platform/ids/ids.ts";
import { bearer } from "../../support/app.ts";
import { count } from "../../support/story.ts";
import { openWholeApi, type WholeApi } from "../../system/support/whole-api.ts";
import { agreed, MONDAY, stepOf } from "./support.ts";

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
