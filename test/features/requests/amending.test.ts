import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Actor } from "../../../src/features/access/index.ts";
import { amendRequest } from "../../../src/features/requests/amending.service.ts";
import { excludePractice, markNeeds, markOffered } from "../../../src/features/requests/index.ts";
import { amendRequestBody, type NeedState, type RequestView } from "../../../src/features/requests/requests.schema.ts";
import { rows } from "../../../src/platform/db/database.ts";
import { aClinic, aPractice, aService, aUser, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { codeOf, idsOf, logOf, MONDAY, needsOf, post, problemsOf, recordingPorts } from "./support.ts";

let db: TestDatabase;
let nurse: Actor;
let view: RequestView;

beforeAll(async () => {
  db = await openTestDatabase();
  await aService(db, "wound-simple");
});
afterAll(async () => db.close());
beforeEach(async () => {
  await db.holdClock(MONDAY);
  nurse = await aUser(db);
  view = await post(db, nurse, { count: 6 });
});

const recorded = recordingPorts();

const amend = async (change: unknown, version = view.version): Promise<RequestView> =>
  db.database.transact(async (tx) =>
    amendRequest(tx, recorded.ports, nurse, { ...amendRequestBody.parse(change), reference: view.reference, version }),
  );

const move = async (to: NeedState, ...refs: string[]): Promise<void> => {
  const ids = await idsOf(db, view.reference, ...refs);
  await db.database.transact(
    async (tx) => void (await markNeeds(tx, ids, { from: ["open", "offered", "agreed"], to })),
  );
};

const statesOf = async (): Promise<Record<string, string>> =>
  Object.fromEntries((await needsOf(db, view.reference)).map(({ ref, state }) => [ref, state]));

const excluded = async (): Promise<string[]> =>
  (
    await rows(
      db.q,
      z.object({ reason: z.string() }),
      sql`select e.reason from need_exclusions e join needs n on n.id = e.need_id
          join cover_requests r on r.id = n.request_id where r.reference = ${view.reference} order by 1`,
    )
  ).map(({ reason }) => reason);

describe("amending a request", () => {
  it("R6: more of a line are numbered on, also after some were withdrawn", async () => {
    const fewer = await amend({ lines: [{ line: 1, count: 4 }] });
    expect(fewer.version).toBe(2);
    const more = await amend({ lines: [{ line: 1, count: 6 }] }, 2);
    expect(more.lines[0]?.count).toBe(6);
    expect(await statesOf()).toEqual({
      N01: "open",
      N02: "open",
      N03: "open",
      N04: "open",
      N05: "withdrawn",
      N06: "withdrawn",
      N07: "open",
      N08: "open",
    });
  });

  it("R6: fewer withdraws open needs first, then offered ones, and says so to whoever was asked", async () => {
    await move("offered", "N05", "N06");
    recorded.ended.length = 0;
    const after = await amend({ lines: [{ line: 1, count: 1 }] });
    expect(await statesOf()).toMatchObject({ N04: "withdrawn", N05: "offered", N06: "withdrawn" });
    expect(after.counts).toMatchObject({ looking: 1, withdrawn: 5 });
    expect(recorded.ended.map(({ why, needIds }) => [why, needIds])).toEqual([
      ["withdrawn", await idsOf(db, view.reference, "N06")],
    ]);
  });

  it("R6: an agreed need is never lost by an amendment, and the answer says what is possible", async () => {
    await move("agreed", "N01", "N02");
    await move("told", "N03");
    const refused = amend({ lines: [{ line: 1, count: 2 }] });
    await expect(refused).rejects.toMatchObject({
      code: "count-below-agreed",
      details: { lines: [{ line: 1, minimum: 3 }] },
    });
    expect(await statesOf()).toMatchObject({ N01: "agreed", N02: "agreed", N03: "told", N06: "open" });
    const after = await amend({ lines: [{ line: 1, count: 3, minutes: 40, maxKm: 1 }] });
    expect(after.counts).toMatchObject({ looking: 0, agreed: 2, told: 1, withdrawn: 3 });
  });

  it("A5: a longer window or distance lets practices that declined or let lapse be asked again, a patient's no stands", async () => {
    const { code: declined } = await aPractice(db);
    const { code: ruledOut } = await aPractice(db);
    const ids = await idsOf(db, view.reference, "N01");
    await db.database.transact(async (tx) => {
      await excludePractice(tx, ids, declined, "declined");
      await excludePractice(tx, ids, ruledOut, "patient-no");
      markOffered(tx, [], [{ needId: ids[0] ?? "", ring: 2, extraAsks: 1, widenAt: new Date("2026-12-21T08:45:00Z") }]);
    });
    await amend({ lines: [{ line: 1, maxKm: 5 }] });
    expect(await excluded()).toEqual(["declined", "patient-no"]);
    await amend({ lines: [{ line: 1, maxKm: 12 }] }, 2);
    expect(await excluded()).toEqual(["patient-no"]);
    const first = (await needsOf(db, view.reference)).find(({ ref }) => ref === "N01");
    expect(first?.widenAt).toBeNull();
  });

  it("A5: a raised priority reaches the needs and lets practices be asked again", async () => {
    const { code } = await aPractice(db);
    await db.database.transact(async (tx) => {
      await excludePractice(tx, await idsOf(db, view.reference, "N01"), code, "lapsed");
    });
    const after = await amend({ lines: [{ line: 1, priority: "asap" }] });
    expect(after.priority).toBe("asap");
    expect(after.needs.every(({ priority }) => priority === "asap")).toBe(true);
    expect(await excluded()).toEqual([]);
  });

  it("R6: longer appointments stand down what was offered; the needs look again", async () => {
    await move("offered", "N01", "N02");
    recorded.ended.length = 0;
    await amend({ lines: [{ line: 1, minutes: 30 }] });
    expect(await statesOf()).toMatchObject({ N01: "open", N02: "open" });
    expect(recorded.ended.map(({ why, needIds }) => [why, needIds.length])).toEqual([["amended", 2]]);
  });

  it("R6: a narrower window stands down only the times that lie outside it", async () => {
    await move("offered", "N01", "N02");
    const { slots } = await aClinic(db, { startsAt: "2026-12-22T17:40:00Z", slots: 2 });
    const offerId = crypto.randomUUID();
    await db.q.execute(sql`
      insert into offers (id, request_id, group_code, home_code, supporting_code, kind, awaiting, state, priority, ring,
        is_extra, km, reasons, expires_at, created_at, version)
      select ${offerId}, r.id, r.group_code, r.home_code, s.organisation_code, 'slots', 'supporting', 'waiting', 'urgent', 1,
        false, 1, '[]', app_now() + interval '2 hours', app_now(), 1
      from cover_requests r, slots s where r.reference = ${view.reference} and s.id = ${slots[0]?.id}`);
    const held = await idsOf(db, view.reference, "N01", "N02");
    for (const [at, needId] of held.entries()) {
      await db.q.execute(sql`insert into offer_slots (offer_id, slot_id, need_id, is_live)
        values (${offerId}, ${slots[at]?.id}, ${needId}, true)`);
    }
    await amend({ lines: [{ line: 1, dueBy: "2026-12-22T18:00:00Z" }] });
    expect(await statesOf()).toMatchObject({ N01: "offered", N02: "open" });
  });

  it("R1: a window that moves is held to the rules, and every wrong line is named", async () => {
    const bad = amend({
      lines: [
        { line: 1, dueBy: "2026-12-20T08:00:00Z" },
        { line: 2, count: 3 },
      ],
    });
    expect(await problemsOf(bad)).toEqual(["/lines/0/dueBy", "/lines/1/line"]);
  });

  it("a line whose due-by has passed takes no more needs until it is moved", async () => {
    await db.holdClock("2026-12-25T08:00:00Z");
    expect(await codeOf(amend({ lines: [{ line: 1, count: 7 }] }))).toBe("line-is-over");
    const after = await amend({ lines: [{ line: 1, count: 7, dueBy: "2026-12-29T18:30:00Z" }] });
    expect(after.lines[0]?.count).toBe(7);
  });

  it("R6: whoever read an older version is refused, and nothing is changed", async () => {
    await amend({ takeFirm: false });
    expect(await codeOf(amend({ lines: [{ line: 1, count: 1 }] }, 1))).toBe("changed-since-read");
    expect(Object.values(await statesOf())).toEqual(Array.from({ length: 6 }, () => "open"));
  });

  it("M5, R8: an amendment asks for matching and tells home where the request stands", async () => {
    db.followUps.length = 0;
    await amend({ lines: [{ line: 1, count: 5 }] });
    expect(db.followUps.map(({ job }) => job)).toEqual(["plan-group"]);
    expect((await logOf(db, nurse.organisationCode)).at(-1)).toMatchObject({
      type: "request.changed",
      data: { reference: view.reference, looking: 5, withdrawn: 1 },
    });
  });
});
