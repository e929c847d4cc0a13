import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { cancelAgreement } from "../../../src/features/agreements/agreements.service.ts";
import { patientSaidNo } from "../../../src/features/agreements/index.ts";
import type { PatientNo } from "../../../src/features/agreements/patient-no.service.ts";
import { proposeTimes, slotsLost } from "../../../src/features/offers/index.ts";
import { aClinic, aPractice, aUser, couldDo, openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { count, needStates, plan, waitingFor } from "../../support/story.ts";
import { agreed, heard, MONDAY, slotState, TUESDAY, walkTo, type Agreed } from "./support.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  await db.q.execute(sql`truncate organisations, cover_requests, match_due, events, event_heads cascade`);
  await db.holdClock(MONDAY);
});

const sayNo = (work: Agreed, code: PatientNo, actor = work.home) =>
  db.database.transact(async (tx) => patientSaidNo(tx, actor, work.ids[0] ?? "", { code }));

/** Codes of the practices that are asked after the next plan. */
const asked = async (): Promise<string[]> => {
  await plan(db);
  const found = await db.q.execute(
    sql`select distinct supporting_code as code from offers where state = 'waiting' order by 1`,
  );
  return found.rows.map((row) => String(row["code"]));
};

describe("a patient's no (R7, H3)", () => {
  it("re-opens the need at the same priority, even after she was told; the slot goes back with thanks", async () => {
    const work = await agreed(db);
    await walkTo(db, work, "told");
    expect(await sayNo(work, "wants-own-practice")).toEqual({ needState: "open" });
    expect(await needStates(db, work.request.requestId)).toEqual(["open"]);
    expect(await count(db, sql`needs where priority = 'routine'`)).toBe(1);
    expect(await slotState(db, work.clinic.slots[0]?.id)).toBe("free");
    const { organisationCode } = work.supporting;
    expect(await heard(db, organisationCode, "agreement.cancelled")).toMatchObject([
      { bySide: "home", code: "patient-wants-own-practice", ringPatient: false },
    ]);
    expect(await heard(db, organisationCode, "agreement.tally")).toMatchObject([{ givenBack: 1, ahead: 0 }]);
    expect(await asked()).toEqual([]);
  });

  it("is for home to say; for a stranger the agreement does not exist, and what has ended stays ended", async () => {
    const work = await agreed(db);
    await expect(sayNo(work, "time", work.supporting)).rejects.toMatchObject({ code: "not-your-step" });
    const stranger = await aUser(db, { at: (await aPractice(db)).code });
    await expect(sayNo(work, "time", stranger)).rejects.toMatchObject({ kind: "not-found" });
    await sayNo(work, "time");
    await expect(sayNo(work, "time")).rejects.toMatchObject({ code: "agreement-ended" });
  });

  it("too far: no practice that is as far or farther is asked for it, a nearer one is", async () => {
    const near = await aPractice(db, { lat: 54.975 });
    const home = await aUser(db, { at: (await aPractice(db, { lat: 54.97 })).code });
    const supporting = await aUser(db, { at: (await aPractice(db, { lat: 55.0 })).code });
    const far = await aPractice(db, { lat: 55.02 });
    const work = await agreed(db, { home, supporting });
    await sayNo(work, "too-far");
    await aClinic(db, { at: far.code });
    expect(await asked()).toEqual([]);
    await aClinic(db, { at: near.code });
    expect(await asked()).toEqual([near.code]);
  });

  it("time: nothing within an hour of it is offered again, anywhere; another time of the same practice is", async () => {
    const work = await agreed(db);
    const elsewhere = await aUser(db, { at: (await aPractice(db)).code });
    await sayNo(work, "time");
    await aClinic(db, { at: elsewhere.organisationCode, startsAt: TUESDAY, slots: 3 });
    await aClinic(db, { at: elsewhere.organisationCode, startsAt: "2026-12-15T09:20:00Z", slots: 2 });
    expect(await asked()).toEqual([]);
    await aClinic(db, { at: work.supporting.organisationCode, startsAt: "2026-12-15T11:00:00Z", slots: 4 });
    expect(await asked()).toEqual([work.supporting.organisationCode]);
    const [offer] = await waitingFor(db, work.supporting);
    expect(offer?.slots.map(({ startsAt }) => startsAt)).toEqual(["2026-12-15T11:20:00.000Z"]);
  });

  it("not reached: no time up to that one is offered, a later one is", async () => {
    const work = await agreed(db);
    await sayNo(work, "not-reached");
    await aClinic(db, { at: work.supporting.organisationCode, startsAt: "2026-12-14T14:00:00Z", slots: 3 });
    expect(await asked()).toEqual([]);
    await aClinic(db, { at: work.supporting.organisationCode, startsAt: "2026-12-15T10:20:00Z", slots: 1 });
    expect(await asked()).toEqual([work.supporting.organisationCode]);
  });

  it("O3, C4: neither a call answered with that time nor a slot that has gone brings it back", async () => {
    const work = await agreed(db);
    const callee = await aUser(db, { at: (await aPractice(db)).code });
    await couldDo(db, callee.organisationCode, "wound-simple");
    await sayNo(work, "time");
    await db.q.execute(sql`update slots set state = 'busy-unavailable'`);
    await plan(db);
    const [call] = await waitingFor(db, callee);
    const propose = (start: string) =>
      db.database.transact(async (tx) => proposeTimes(tx, callee, call?.id ?? "", { times: [{ start, count: 1 }] }));
    await expect(propose("2026-12-15T10:40:00Z")).rejects.toMatchObject({ code: "times-do-not-fit" });
    await propose("2026-12-15T14:00:00Z");
    expect(await needStates(db, work.request.requestId)).toEqual(["agreed"]);
    const [made] = (
      await db.q.execute(sql`select slot_id, clinic_id from agreement_slots join slots on id = slot_id
      where agreement_slots.is_live`)
    ).rows;
    const slotId = String(made?.["slot_id"]);
    await db.q.execute(sql`
      insert into slots (id, clinic_id, organisation_code, starts_at, ends_at, state)
      select gen_random_uuid(), clinic_id, organisation_code, at, at + interval '20 minutes', 'free' from slots,
        (values (timestamptz '2026-12-15T11:00:00Z'), (timestamptz '2026-12-15T16:30:00Z')) as t (at) where id = ${slotId}`);
    await db.database.transact(async (tx) => slotsLost(tx, callee, { slotIds: [slotId], cause: "slot-gone" }));
    // 11:00 is nearer, but lies within the hour that she cannot come in.
    expect(await count(db, sql`agreements where is_live and starts_at = '2026-12-15T16:30:00Z'`)).toBe(1);
  });

  it("H4: home that cancels thanks too: the supporting practice hears what became of its times", async () => {
    const work = await agreed(db, { count: 2 });
    await db.database.transact(async (tx) =>
      cancelAgreement(tx, work.home, work.ids[0] ?? "", { code: "not-needed", stillNeeded: false }),
    );
    expect(await heard(db, work.supporting.organisationCode, "agreement.tally")).toMatchObject([
      { givenBack: 1, ahead: 1 },
    ]);
  });
});
