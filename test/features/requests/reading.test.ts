import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Actor } from "../../../src/features/access/index.ts";
import { markNeeds, requestCounts } from "../../../src/features/requests/index.ts";
import { readRequest, readRequests } from "../../../src/features/requests/reading.service.ts";
import {
  listQuery,
  requestPage,
  requestView,
  type RequestPage,
} from "../../../src/features/requests/requests.schema.ts";
import {
  aBroker,
  aClinic,
  aPractice,
  aService,
  aUser,
  openTestDatabase,
  type TestDatabase,
} from "../../support/index.ts";
import { codeOf, idsOf, MONDAY, post } from "./support.ts";

let db: TestDatabase;
let nurse: Actor;
let broker: Actor;

beforeAll(async () => {
  db = await openTestDatabase();
  await db.holdClock(MONDAY);
  await aService(db, "wound-simple");
  nurse = await aUser(db);
  broker = await aBroker(db);
});
afterAll(async () => db.close());

const list = async (actor: Actor, query: Record<string, unknown> = {}): Promise<RequestPage> =>
  readRequests(db.q, actor, listQuery.parse(query));

/** An agreement as accepting an offer leaves it. */
const agree = async (reference: string, ref: string, supporting: string, step: string): Promise<void> => {
  const [needId] = await idsOf(db, reference, ref);
  const { clinicId, slots } = await aClinic(db, { at: supporting, slots: 1 });
  await db.database.transact(
    async (tx) => void (await markNeeds(tx, [needId ?? ""], { from: ["open"], to: "agreed" })),
  );
  await db.q.execute(sql`
    insert into agreements (id, need_id, request_id, group_code, home_code, supporting_code, clinic_id, starts_at, ends_at,
      step, is_live, created_at)
    select ${crypto.randomUUID()}, n.id, n.request_id, n.group_code, r.home_code, ${supporting}, ${clinicId},
      ${slots[0]?.startsAt.toISOString()}, ${slots[0]?.endsAt.toISOString()}, ${step}, true, app_now()
    from needs n join cover_requests r on r.id = n.request_id where n.id = ${needId}`);
};

const offer = async (reference: string, supporting: string, state: string): Promise<void> => {
  await db.q.execute(sql`
    insert into offers (id, request_id, group_code, home_code, supporting_code, kind, awaiting, state, priority, ring,
      is_extra, km, reasons, expires_at, created_at, version)
    select ${crypto.randomUUID()}, r.id, r.group_code, r.home_code, ${supporting}, 'call', 'supporting', ${state}, 'urgent',
      1, false, 1, '[]', app_now(), app_now(), 1
    from cover_requests r where r.reference = ${reference}`);
};

describe("reading a request", () => {
  it("R8: shows each need with what was agreed, and the four counts, which SQL counts alike", async () => {
    const { code } = await aPractice(db, { name: "Kind Neighbours" });
    const { reference } = await post(db, nurse, { count: 4 });
    await agree(reference, "N01", code, "passed");
    await agree(reference, "N02", code, "booked");
    const [told] = await idsOf(db, reference, "N03");
    await db.database.transact(async (tx) => void (await markNeeds(tx, [told ?? ""], { from: ["open"], to: "told" })));
    const view = await readRequest(db.q, nurse, reference);
    expect(view.counts).toMatchObject({ looking: 1, agreed: 1, booked: 1, told: 1 });
    expect(view.needs[0]).toMatchObject({
      state: "agreed",
      agreement: { supportingCode: code, supportingName: "Kind Neighbours", step: "passed" },
    });
    const summary = (await list(nurse)).items.find((item) => item.reference === reference);
    expect(summary?.counts).toEqual(view.counts);
    const [[, counts] = []] = await requestCounts(db.q, [await idOf(reference)]);
    expect(counts).toEqual(view.counts);
    expect(requestView.safeParse(view).success).toBe(true);
  });

  it("P4, O7: the practice sees how many were asked, the broker also who; nobody's no stands out", async () => {
    const { reference } = await post(db, nurse);
    const { code: willing } = await aPractice(db);
    const { code: busy } = await aPractice(db);
    await offer(reference, willing, "waiting");
    await offer(reference, busy, "declined");
    const seen = await readRequest(db.q, nurse, reference);
    expect(seen.asked).toEqual({ waiting: 1, accepted: 0, declined: 1, lapsed: 0, stoodDown: 0, waitingAt: 1 });
    const board = await readRequest(db.q, broker, reference);
    expect(board.asked.practices?.map(({ code }) => code).toSorted()).toEqual([busy, willing].toSorted());
  });

  it("M6: why practices were not asked, by reason and without names", async () => {
    const { reference } = await post(db, nurse);
    await db.q.execute(sql`
      update need_lines set not_asked = '{"A1":"distance","A2":"service","A3":"distance"}'
      where request_id = (select id from cover_requests where reference = ${reference})`);
    expect((await readRequest(db.q, nurse, reference)).lines[0]?.notAsked).toEqual({ distance: 2, service: 1 });
  });

  it("P3: another practice, and a broker of another group, find nothing", async () => {
    const { reference } = await post(db, nurse);
    const neighbour = await aUser(db);
    const foreigner = await aBroker(db, { group: "OTHER-GROUP" });
    for (const stranger of [neighbour, foreigner]) {
      expect(await codeOf(readRequest(db.q, stranger, reference))).toBe("not-found");
      expect((await list(stranger)).items).toEqual([]);
    }
    expect(await codeOf(readRequest(db.q, broker, reference))).toBe("none");
  });
});

const idOf = async (reference: string): Promise<string> => {
  const { rows } = await db.pool.query<{ id: string }>("select id from cover_requests where reference = $1", [
    reference,
  ]);
  return rows[0]?.id ?? "";
};

describe("listing requests", () => {
  it("goes back in time a page at a time, each request once, also where several were posted at the same instant", async () => {
    const actor = await aUser(db);
    const posted: string[] = [];
    for (let at = 0; at < 7; at += 1) posted.push((await post(db, actor, { count: 1 })).reference);
    const seen: string[] = [];
    let after: string | null | undefined;
    do {
      const page = await list(actor, { limit: 3, ...(after === undefined ? {} : { after }) });
      expect(requestPage.safeParse(page).success).toBe(true);
      expect(page.items.length).toBeLessThanOrEqual(3);
      seen.push(...page.items.map(({ reference }) => reference));
      after = page.next;
    } while (after !== null);
    expect(seen.toSorted()).toEqual(posted.toSorted());
  });

  it("R7: an ended request is one of which nothing more has to happen", async () => {
    const actor = await aUser(db);
    const { reference } = await post(db, actor, { count: 1 });
    const where = async (): Promise<number[]> => [
      (await list(actor, { state: "open" })).items.length,
      (await list(actor, { state: "ended" })).items.length,
    ];
    expect(await where()).toEqual([1, 0]);
    const ids = await idsOf(db, reference, "N01");
    await db.database.transact(
      async (tx) => void (await markNeeds(tx, ids, { from: ["open"], to: "returned", endedAs: "due-by-passed" })),
    );
    expect(await where()).toEqual([1, 0]);
    await db.q.execute(sql`update needs set acknowledged_at = app_now() where id = ${ids[0]}`);
    expect(await where()).toEqual([0, 1]);
  });

  it.each(["nonsense", Buffer.from('["0000-01-01T00:00:00Z","x"]').toString("base64url"), "W10"])(
    "a made-up page mark %s is refused in plain words",
    async (after) => {
      expect(await codeOf(list(nurse, { after }))).toBe("invalid-input");
    },
  );
});
