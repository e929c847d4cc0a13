import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Actor } from "../../../src/features/access/index.ts";
import { postRequestBody } from "../../../src/features/requests/requests.schema.ts";
import { rows } from "../../../src/platform/db/database.ts";
import { aBroker, aPractice, aService, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { aPost, CHRISTMAS_EVE, codeOf, logOf, MONDAY, needsOf, post, problemsOf } from "./support.ts";

let db: TestDatabase;
let nurse: Actor;
let broker: Actor;

beforeAll(async () => {
  db = await openTestDatabase();
  await db.holdClock(MONDAY);
  await aService(db, "wound-simple");
  await aService(db, "wound-unassessed");
  await aService(db, "phleb");
  broker = await aBroker(db);
});
afterAll(async () => db.close());
beforeEach(async () => {
  nurse = await aUser(db, { roles: ["nurse"] });
});

const count = async (table: "cover_requests" | "need_lines" | "needs" | "match_due" | "events"): Promise<number> => {
  const [row] = await rows(
    db.q,
    z.object({ n: z.coerce.number() }),
    sql`select count(*) as n from ${sql.identifier(table)}`,
  );
  return row?.n ?? 0;
};

describe("posting a cover request", () => {
  it("says once what is needed: nine dressings become nine open needs in the first ring", async () => {
    const view = await post(db, nurse);
    expect(view.reference).toMatch(/^CR-[2-9A-HJ-NP-Z]{4}$/);
    expect(view.counts).toMatchObject({ looking: 9, agreed: 0, booked: 0, told: 0 });
    expect(view.lines[0]).toMatchObject({
      service: "wound-simple",
      count: 9,
      minutes: 20,
      earliest: "2026-12-21T08:00:00.000Z",
      maxKm: 8,
    });
    expect(view.needs.map(({ ref }) => ref)).toEqual(["N01", "N02", "N03", "N04", "N05", "N06", "N07", "N08", "N09"]);
    expect(view.needs.every(({ state, ring }) => state === "open" && ring === 1)).toBe(true);
    expect(view.warnings).toEqual([]);
  });

  it("R4: draws another reference where somebody took it since it was seen to be free", async () => {
    const first = await post(db, nurse);
    await db.q.execute(sql`create sequence drawn`);
    await db.q.execute(sql`
      create function take_it_first() returns trigger language plpgsql as
        $$ begin if nextval('drawn') = 1 then new.reference := ${sql.raw(`'${first.reference}'`)}; end if; return new; end $$`);
    await db.q.execute(
      sql`create trigger taken before insert on cover_requests for each row execute function take_it_first()`,
    );
    const before = {
      requests: await count("cover_requests"),
      needs: await count("needs"),
      due: await count("match_due"),
    };
    const second = await post(db, nurse);
    await db.q.execute(sql`drop trigger taken on cover_requests`);
    expect(await rows(db.q, z.object({ n: z.coerce.number() }), sql`select last_value as n from drawn`)).toEqual([
      { n: 2 },
    ]);
    expect(second.reference).not.toBe(first.reference);
    expect(await count("cover_requests")).toBe(before.requests + 1);
    expect(await count("needs")).toBe(before.needs + 9);
    expect(await count("match_due")).toBe(before.due + 1);
  });

  it("R2: makes the group due for matching and tells home and the brokers, in the same transaction", async () => {
    db.followUps.length = 0;
    const before = await count("match_due");
    const view = await post(db, nurse);
    expect(await count("match_due")).toBe(before + 1);
    expect(db.followUps).toEqual([{ job: "plan-group", payload: { groupCode: nurse.groupCode } }]);
    const data = { reference: view.reference, homeCode: nurse.organisationCode, priority: "urgent", needs: 9 };
    expect(await logOf(db, nurse.organisationCode)).toEqual([{ type: "request.posted", data }]);
    expect((await logOf(db, broker.organisationCode)).at(-1)).toEqual({ type: "request.posted", data });
  });

  it("R2: a post that fails half-way leaves nothing", async () => {
    const tables = ["cover_requests", "need_lines", "needs", "match_due", "events"] as const;
    const before = await Promise.all(tables.map(count));
    const failing = db.database.transact(async (tx) => {
      const { postRequest } = await import("../../../src/features/requests/index.ts");
      await postRequest(tx, nurse, postRequestBody.parse(aPost()));
      throw new Error("the power went");
    });
    await expect(failing).rejects.toThrow("the power went");
    expect(await Promise.all(tables.map(count))).toEqual(before);
  });

  it("R3: priority belongs to the line, by default the request's, and is copied to each need", async () => {
    const view = await post(
      db,
      nurse,
      {},
      {
        priority: "routine",
        needs: [
          { service: "wound-simple", count: 2, dueBy: CHRISTMAS_EVE },
          { service: "phleb", count: 1, dueBy: CHRISTMAS_EVE, priority: "asap" },
        ],
      },
    );
    expect((await needsOf(db, view.reference)).map(({ priority }) => priority)).toEqual(["routine", "routine", "asap"]);
    expect(view.priority).toBe("asap");
  });

  it("keeps the needs of one person together by a letter", async () => {
    const view = await post(db, nurse, {
      count: 6,
      courses: [
        [1, 2, 3],
        [4, 5],
      ],
    });
    expect(view.needs.map(({ course }) => course)).toEqual(["A", "A", "A", "B", "B", null]);
  });

  it("R1: every problem is listed at once", async () => {
    const bad = post(
      db,
      nurse,
      {},
      {
        needs: [
          { service: "wound-simple", count: 1, dueBy: "2026-12-20T08:00:00Z" },
          { service: "no-such-service", count: 1, dueBy: CHRISTMAS_EVE },
          { service: "phleb", count: 1, earliest: CHRISTMAS_EVE, dueBy: CHRISTMAS_EVE },
          { service: "phleb", count: 2, dueBy: CHRISTMAS_EVE, courses: [[2, 3]] },
        ],
      },
    );
    expect(await problemsOf(bad)).toEqual([
      "/needs/0/dueBy",
      "/needs/1/service",
      "/needs/2/earliest",
      "/needs/3/courses",
    ]);
  });

  it.each([
    ["no lines", { needs: [] }],
    ["21 lines", { needs: Array.from({ length: 21 }, () => ({ service: "phleb", count: 1, dueBy: CHRISTMAS_EVE })) }],
    ["61 needs", { needs: [{ service: "phleb", count: 61, dueBy: CHRISTMAS_EVE }] }],
    ["no needs", { needs: [{ service: "phleb", count: 0, dueBy: CHRISTMAS_EVE }] }],
    ["4 minutes", { needs: [{ service: "phleb", count: 1, minutes: 4, dueBy: CHRISTMAS_EVE }] }],
    ["81 km", { needs: [{ service: "phleb", count: 1, maxKm: 81, dueBy: CHRISTMAS_EVE }] }],
    [
      "an unknown requirement",
      { needs: [{ service: "phleb", count: 1, requires: ["gold-taps"], dueBy: CHRISTMAS_EVE }] },
    ],
    ["P2: a reason that is an illness", { reason: "flu" }],
    ["P1: a note", { note: "Mrs Smith, left leg" }],
    ["P1: a note on a line", { needs: [{ service: "phleb", count: 1, dueBy: CHRISTMAS_EVE, note: "Mrs Smith" }] }],
  ])("R1, P1, P2: refuses %s", (_what, more) => {
    expect(postRequestBody.safeParse(aPost({}, more)).success).toBe(false);
  });

  it("P6: an unsigned practice is told that nobody could be asked", async () => {
    const { code } = await aPractice(db, { signed: false });
    expect(await codeOf(post(db, await aUser(db, { at: code })))).toBe("not-signed");
    const { code: alone } = await aPractice(db, { group: null });
    expect(await codeOf(post(db, await aUser(db, { at: alone })))).toBe("not-signed");
  });

  it("R5: a broker posts on behalf of a practice of the group, and both are kept", async () => {
    const view = await post(db, broker, {}, { onBehalfOf: nurse.organisationCode });
    expect(view).toMatchObject({
      homeCode: nurse.organisationCode,
      postedBy: { name: "Bo Broker", organisationCode: broker.organisationCode },
    });
    expect(await problemsOf(post(db, broker))).toEqual(["/onBehalfOf"]);
  });

  it("R5, P3: nobody posts for a stranger, and a practice of another group looks like none at all", async () => {
    const { code: foreign } = await aPractice(db, { group: "OTHER-GROUP" });
    expect(await codeOf(post(db, broker, {}, { onBehalfOf: foreign }))).toBe("not-found");
    expect(await codeOf(post(db, broker, {}, { onBehalfOf: "Z99999" }))).toBe("not-found");
    const { code: neighbour } = await aPractice(db);
    expect(await codeOf(post(db, nurse, {}, { onBehalfOf: neighbour }))).toBe("not-found");
  });

  it("R5: a wound that nobody at the desk can tell is posted as unassessed", async () => {
    const view = await post(db, nurse, { service: "wound-unassessed" });
    expect(view.lines[0]?.service).toBe("wound-unassessed");
  });

  it("R6: posting something like an open request of the same practice warns and never blocks", async () => {
    const first = await post(db, nurse);
    const again = await post(db, nurse, { count: 5 });
    expect(again.warnings).toEqual([{ code: "similar-open-request", reference: first.reference }]);
    expect((await post(db, nurse, { service: "phleb" })).warnings).toEqual([]);
    expect((await post(db, await aUser(db))).warnings).toEqual([]);
  });
});
