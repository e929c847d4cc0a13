import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Actor } from "../../../src/features/access/index.ts";
import { assignByHand, freeTimesFor, listOffers, nudgeOffers } from "../../../src/features/offers/index.ts";
import { widenNow } from "../../../src/features/requests/index.ts";
import { rows } from "../../../src/platform/db/database.ts";
import {
  aBroker,
  aClinic,
  aPractice,
  aRequest,
  aUser,
  openTestDatabase,
  type BuiltRequest,
  type TestDatabase,
} from "../../support/index.ts";
import { anOffer } from "./support.ts";

let db: TestDatabase;
let broker: Actor;
let request: BuiltRequest;

beforeAll(async () => {
  db = await openTestDatabase();
  await db.holdClock("2026-12-21T09:00:00Z");
  broker = await aBroker(db);
});
beforeEach(async () => {
  request = await aRequest(db, { needs: [{ count: 3, dueBy: "2026-12-24T18:30:00Z" }] });
});
afterAll(async () => db.close());

const audited = async (action: string): Promise<unknown[]> =>
  rows(
    db.q,
    z.object({ data: z.record(z.string(), z.unknown()) }),
    sql`select data from audit_entries where action = ${action} and subject = ${request.reference}`,
  );

const heard = async (type: string): Promise<string[]> =>
  (
    await rows(
      db.q,
      z.object({ stream: z.string() }),
      sql`select stream from events where type = ${type} and data ->> 'reference' = ${request.reference} order by stream`,
    )
  ).map(({ stream }) => stream);

const states = async (): Promise<string[]> =>
  (
    await rows(
      db.q,
      z.object({ state: z.string() }),
      sql`select state from needs where request_id = ${request.requestId} order by ref`,
    )
  ).map(({ state }) => state);

const unknown = "CR-2222";

describe("widen now (F3, A3)", () => {
  const widen = async (actor = broker, reference = request.reference) =>
    db.database.transact(async (tx) => widenNow(tx, actor, { reference, reason: "due-soon" }));

  it("opens the next ring for what still looks, lets one practice more be asked, and asks for a plan", async () => {
    await db.q.execute(sql`update needs set state = 'withdrawn' where id = ${request.needIds[2]}`);
    await db.q.execute(sql`delete from match_due`);
    await widen();
    const rings = await rows(
      db.q,
      z.object({ ring: z.number(), extra: z.number() }),
      sql`select ring, extra_asks as extra from needs where request_id = ${request.requestId} order by ref`,
    );
    expect(rings.map(({ extra }) => extra)).toEqual([1, 1, 0]);
    expect(rings[0]?.ring).toBe((rings[2]?.ring ?? 0) + 1);
    expect(await audited("broker.widen")).toEqual([{ data: { reason: "due-soon", needs: 2 } }]);
    expect((await db.q.execute(sql`select 1 from match_due`)).rowCount).toBe(1);
  });

  it("is refused where nothing looks any more; P3: and unknown to another group's broker", async () => {
    const other = await aBroker(db, { group: "WIDEN-ELSEWHERE" });
    await expect(widen(other)).rejects.toMatchObject({ code: "not-found" });
    await expect(widen(broker, unknown)).rejects.toMatchObject({ code: "not-found" });
    await db.q.execute(sql`update needs set state = 'withdrawn' where request_id = ${request.requestId}`);
    await expect(widen()).rejects.toMatchObject({ code: "nothing-looks" });
  });
});

describe("nudge (F3)", () => {
  const nudge = async () =>
    db.database.transact(async (tx) => nudgeOffers(tx, broker, { reference: request.reference, reason: "no-answer" }));

  it("tells the desk that has not answered, and its page says who asks; the time to answer stays", async () => {
    const desk = await aUser(db);
    const { slots } = await aClinic(db, { at: desk.organisationCode, slots: 1 });
    const id = await anOffer(db, { request, at: desk.organisationCode, slots });
    const [before] = await listOffers(db.q, desk, { id, limit: 1 });
    expect(await nudge()).toEqual({ nudged: 1 });
    const [after] = await listOffers(db.q, desk, { id, limit: 1 });
    expect(before?.nudgedAt).toBeNull();
    expect(after).toMatchObject({ nudgedAt: "2026-12-21T09:00:00.000Z", expiresAt: before?.expiresAt });
    expect(await heard("offer.nudged")).toEqual([broker.organisationCode, desk.organisationCode].toSorted());
    expect(await audited("broker.nudge")).toHaveLength(1);
  });

  it("is refused where nobody is asked", async () => {
    await expect(nudge()).rejects.toMatchObject({ code: "nobody-to-nudge" });
  });
});

describe("assign by hand (F3)", () => {
  const assign = async (slots: readonly string[], actor = broker) =>
    db.database.transact(async (tx) =>
      assignByHand(tx, actor, { reference: request.reference, slots, reason: "agreed-by-phone" }),
    );

  it("agrees needs with the ticked times at once, tells both sides, and stands other desks down (O5)", async () => {
    const asked = await aUser(db);
    const clinic = await aClinic(db, { at: asked.organisationCode, slots: 3 });
    const offerId = await anOffer(db, { request, at: asked.organisationCode, slots: clinic.slots });
    const giving = await aClinic(db, { slots: 3 });
    const done = await assign(giving.slots.map(({ id }) => id));
    expect(done.agreed.map(({ ref }) => ref).toSorted()).toEqual(["N01", "N02", "N03"]);
    expect(done.stillLooking).toBe(0);
    expect(await states()).toEqual(["agreed", "agreed", "agreed"]);
    const [offer] = await listOffers(db.q, asked, { id: offerId, limit: 1 });
    expect(offer?.state).toBe("stood-down");
    expect(await heard("agreement.made")).toEqual(
      [request.homeCode, giving.organisationCode, broker.organisationCode].toSorted(),
    );
    expect(await audited("broker.assign")).toHaveLength(1);
    const held = await db.q.execute(
      sql`select 1 from slots where clinic_id = ${clinic.clinicId} and state = 'busy-tentative'`,
    );
    expect(held.rowCount).toBe(0);
  });

  it("O4: of two brokers who give the same time, one is told that it has gone, and nothing is half done", async () => {
    const { slots } = await aClinic(db, { slots: 1 });
    const other = await aRequest(db, { needs: [{ count: 1 }] });
    const ids = slots.map(({ id }) => id);
    const results = await Promise.allSettled([
      assign(ids),
      db.database.transact(async (tx) =>
        assignByHand(tx, broker, { reference: other.reference, slots: ids, reason: "safety" }),
      ),
    ]);
    const lost = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
    expect(lost).toMatchObject([{ code: "already-given" }]);
    const live = await db.q.execute(sql`select 1 from agreement_slots where slot_id = ${ids[0]} and is_live`);
    expect(live.rowCount).toBe(1);
  });

  it("never takes what an offer holds, what is unsigned (P6), out of the window, or ruled out by the patient", async () => {
    const held = await aClinic(db, { slots: 1 });
    await anOffer(db, { request: await aRequest(db, { needs: [{}] }), at: held.organisationCode, slots: held.slots });
    const unsigned = await aClinic(db, { at: (await aPractice(db, { signed: false })).code, slots: 1 });
    const late = await aClinic(db, { slots: 1, startsAt: "2026-12-28T09:00:00Z" });
    const ruledOut = await aClinic(db, { slots: 1 });
    for (const needId of request.needIds)
      await db.q.execute(sql`insert into need_exclusions (need_id, organisation_code, reason, at)
        values (${needId}, ${ruledOut.organisationCode}, 'patient-no', app_now())`);
    const shown = (await freeTimesFor(db.q, broker, request.reference)).map(({ slotId }) => slotId);
    for (const { slots } of [held, unsigned, late, ruledOut]) {
      const ids = slots.map(({ id }) => id);
      expect(shown).not.toContain(ids[0]);
      await expect(assign(ids)).rejects.toMatchObject({ code: "already-given" });
    }
    expect(await states()).toEqual(["open", "open", "open"]);
  });

  it("P3: another group's broker finds neither the request nor its times", async () => {
    const other = await aBroker(db, { group: "ASSIGN-ELSEWHERE" });
    const { slots } = await aClinic(db, { slots: 1 });
    await expect(
      assign(
        slots.map(({ id }) => id),
        other,
      ),
    ).rejects.toMatchObject({ code: "not-found" });
    await expect(freeTimesFor(db.q, other, request.reference)).rejects.toMatchObject({ code: "not-found" });
  });
});
