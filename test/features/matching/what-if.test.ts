import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { whatIf } from "../../../src/features/matching/index.ts";
import { whatIfBody } from "../../../src/features/matching/matching.schema.ts";
import { postRequest, postRequestBody } from "../../../src/features/requests/index.ts";
import type { Actor } from "../../../src/features/access/index.ts";
import { bearer, startTestApp, type TestApp } from "../../support/app.ts";
import {
  aBroker,
  aClinic,
  aPractice,
  aRequest,
  aService,
  aUser,
  couldDo,
  openTestDatabase,
  type TestDatabase,
} from "../../support/index.ts";
import { count, plan, solver, startOver } from "../../support/story.ts";

const DUE = "2026-12-17T18:30:00Z";

const wanted = (line: Record<string, unknown> = {}, more: Record<string, unknown> = {}) => ({
  priority: "routine",
  needs: [{ service: "wound-simple", count: 14, dueBy: DUE, maxKm: 20, ...line }],
  ...more,
});

describe("what-if", () => {
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
  beforeEach(async () => {
    await startOver(db);
    await aService(db);
  });

  const ask = async (actor: Actor, body: object) =>
    app.api.server.inject({ method: "POST", url: "/v1/what-if", headers: await bearer(db, actor), payload: body });

  it("M6: says how many of 14 could be covered today, by whom to ask and when, and keeps nothing of it", async () => {
    const home = await aPractice(db);
    const [firm, ask1, able] = [await aPractice(db), await aPractice(db), await aPractice(db)];
    await aClinic(db, { at: firm.code, slots: 6, pledge: "firm" });
    await aClinic(db, { at: ask1.code, slots: 3, startsAt: "2026-12-16T14:00:00Z" });
    await couldDo(db, able.code, "wound-simple");
    const nurse = await aUser(db, { at: home.code });
    const everything = sql`(select 1 from cover_requests union all select 1 from need_lines union all select 1 from needs
      union all select 1 from offers union all select 1 from agreements union all select 1 from match_due
      union all select 1 from events union all select 1 from audit_entries
      union all select 1 from slots where state <> 'free' union all select 1 from idempotency_keys) x`;
    const before = await count(db, everything);
    const answer = await ask(nurse, wanted());
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      wanted: 14,
      couldBeCovered: 9,
      atOnce: 6,
      practicesWithRoom: 2,
      callable: 1,
      farthestKm: 2.2,
      byDay: [
        { date: "2026-12-15", count: 6 },
        { date: "2026-12-16", count: 3 },
      ],
      lines: [{ line: 1, wanted: 14, couldBeCovered: 9 }],
      words: [
        "9 of 14 could be covered by times that neighbours have published.",
        "6 at once, the rest when they answer.",
        "2 practices have room.",
        "1 practice can be asked for times for the other 5.",
      ],
    });
    expect(await count(db, everything)).toBe(before);
  });

  it("comes true: a post then gets what was said, among others' open needs, caps and requirements", async () => {
    const [home, rival] = [await aPractice(db), await aPractice(db)];
    const capped = await aPractice(db, { dailyCap: 2, provides: ["step-free"] });
    const steps = await aPractice(db);
    const far = await aPractice(db, { lat: 55.4, provides: ["step-free"] });
    await aClinic(db, { at: capped.code, slots: 5, startsAt: "2026-12-15T09:00:00Z" });
    await aClinic(db, { at: steps.code, slots: 5, provides: ["step-free"], startsAt: "2026-12-15T09:00:00Z" });
    await aClinic(db, { at: far.code, slots: 5 });
    // More urgent, still open: it is planned together with ours and comes first.
    await aRequest(db, { home: rival.code, priority: "asap", needs: [{ count: 3 }] });
    const nurse = await aUser(db, { at: home.code });
    const body = wanted({ count: 8, requires: ["step-free"] });
    const said = await whatIf(db.database, solver, nurse, whatIfBody.parse(body));
    expect(said).toMatchObject({ wanted: 8, couldBeCovered: 4 });
    const { reference } = await db.database.transact(async (tx) =>
      postRequest(tx, nurse, postRequestBody.parse({ ...body, reason: "staff-absence" })),
    );
    await plan(db);
    const offered = await count(
      db,
      sql`needs n join cover_requests r on r.id = n.request_id where r.reference = ${reference} and n.state = 'offered'`,
    );
    expect(offered).toBe(said.couldBeCovered);
  });

  it("counts what waits behind a closed door: at night the desks are asked when they open", async () => {
    await db.holdClock("2026-12-14T21:00:00Z");
    const home = await aPractice(db);
    const near = await aPractice(db);
    await aClinic(db, { at: near.code, slots: 3, startsAt: "2026-12-15T14:00:00Z" });
    const nurse = await aUser(db, { at: home.code });
    const said = await whatIf(db.database, solver, nurse, whatIfBody.parse(wanted({ count: 3 })));
    expect(said).toMatchObject({ couldBeCovered: 3, practicesWithRoom: 1 });
  });

  it("R5, P3: a broker may ask for a practice of the group; another group's does not exist; a bad line is refused like a post", async () => {
    const home = await aPractice(db);
    const foreign = await aPractice(db, { group: "OTHER-GROUP" });
    const broker = await aBroker(db);
    expect((await ask(broker, wanted({}, { onBehalfOf: home.code }))).json()).toMatchObject({ wanted: 14 });
    expect((await ask(broker, wanted({}, { onBehalfOf: foreign.code }))).statusCode).toBe(404);
    expect((await ask(broker, wanted({}, { onBehalfOf: "ZZ9999" }))).statusCode).toBe(404);
    const refused = await ask(await aUser(db, { at: home.code }), wanted({ dueBy: "2026-12-14T09:00:00Z" }));
    expect(refused.statusCode).toBe(422);
    expect(refused.json()).toMatchObject({ code: "invalid-input", errors: [{ pointer: "/needs/0/dueBy" }] });
  });
});
