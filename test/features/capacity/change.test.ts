import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Actor } from "../../../src/features/access/index.ts";
import { offerNeeds, offers, offerSlots } from "../../../src/features/offers/offers.table.ts";
import { auditEntries } from "../../../src/features/audit/audit.table.ts";
import { clinicRoutes, setSlotStates, type AffectedAgreement } from "../../../src/features/capacity/index.ts";
import { slots } from "../../../src/features/capacity/capacity.table.ts";
import { newId } from "../../../src/platform/ids/ids.ts";
import {
  aClinic,
  aRequest,
  aUser,
  openTestDatabase,
  type BuiltClinic,
  type TestDatabase,
} from "../../support/index.ts";
import { openDesk, recordedPorts, type Desk, type RecordedPorts } from "./desk.ts";

let db: TestDatabase;
let desk: Desk;
let ports: RecordedPorts;
let nurse: Actor;
let clinic: BuiltClinic;

const ids = (built: BuiltClinic, from = 0, until?: number): string[] =>
  built.slots.slice(from, until).map((slot) => slot.id);

const agreementOn = (slotId: string): AffectedAgreement => ({
  agreementId: newId(),
  reference: "CR-7F3K",
  needRef: "N07",
  homeCode: "A81001",
  startsAt: new Date("2026-12-22T09:00:00Z"),
  endsAt: new Date("2026-12-22T09:20:00Z"),
  step: `agreed on ${slotId}`,
});

/** Marks slots as given, and tells the ports that an agreement stands on each. */
const give = async (slotIds: readonly string[]): Promise<void> => {
  await db.database.transact(async (tx) => setSlotStates(tx, slotIds, ["free"], "busy"));
  for (const id of slotIds) ports.agreements.set(id, agreementOn(id));
};

const statesOf = async (clinicId: string): Promise<Record<string, string>> => {
  const found = await db.q.select().from(slots).where(eq(slots.clinicId, clinicId)).orderBy(slots.startsAt);
  return Object.fromEntries(found.map((slot) => [slot.startsAt.toISOString().slice(11, 16), slot.state]));
};

const slotCounts = (body: Record<string, unknown>) =>
  z.object({ clinic: z.object({ counts: z.record(z.string(), z.number()) }) }).parse(body).clinic.counts;

beforeAll(async () => {
  db = await openTestDatabase();
});
beforeEach(async () => {
  await db.holdClock("2026-12-21T08:00:00Z");
  ports = recordedPorts();
  await desk?.close();
  desk = openDesk(db, clinicRoutes(ports));
  nurse = await aUser(db);
  clinic = await aClinic(db, { at: nurse.organisationCode, startsAt: "2026-12-22T09:00:00Z", slots: 6 });
});
afterAll(async () => {
  await desk.close();
  await db.close();
});

const patch = async (body: object, version = 1) =>
  desk.say(nurse, "PATCH", `/v1/clinics/${clinic.clinicId}`, body, { "if-match": `"${version}"` });

describe("withdrawing a clinic", () => {
  it("C4: shows first which agreements would break, changes nothing, and then tells what stood on them", async () => {
    const given = ids(clinic, 0, 2);
    await give(given);
    const shown = await desk.say(nurse, "POST", `/v1/clinics/${clinic.clinicId}/withdraw`, {});
    expect(shown).toMatchObject({ status: 409, body: { code: "would-break-agreements" } });
    expect(z.array(z.unknown()).parse(shown.body["agreements"])).toHaveLength(2);
    expect(Object.values(await statesOf(clinic.clinicId)).filter((state) => state === "free")).toHaveLength(4);

    const done = await desk.say(nurse, "POST", `/v1/clinics/${clinic.clinicId}/withdraw`, { confirmBreaking: true });
    expect(done).toMatchObject({
      status: 200,
      body: { agreements: { moved: 0, broken: 2 }, clinic: { isWithdrawn: true } },
    });
    expect(ports.lost).toEqual([{ slotIds: [...given].sort(), cause: "clinic-withdrawn" }]);
    expect(new Set(Object.values(await statesOf(clinic.clinicId)))).toEqual(new Set(["busy-unavailable"]));
    const [entry] = await db.q.select().from(auditEntries).where(eq(auditEntries.subject, clinic.clinicId));
    expect(entry).toMatchObject({ action: "clinic.withdraw", userId: nurse.userId, data: { broken: 2 } });
  });

  it("C4: a slot held by a waiting offer is lost too, without a question, because nothing was agreed", async () => {
    const [held = ""] = ids(clinic);
    await db.database.transact(async (tx) => setSlotStates(tx, [held], ["free"], "busy-tentative"));
    const done = await desk.say(nurse, "POST", `/v1/clinics/${clinic.clinicId}/withdraw`, {});
    expect(done.status).toBe(200);
    expect(ports.lost).toEqual([{ slotIds: [held], cause: "clinic-withdrawn" }]);
  });

  it("C4: slots that have started stay as they were, and a clinic that is over is not withdrawn", async () => {
    await give(ids(clinic, 0, 1));
    await db.holdClock("2026-12-22T09:30:00Z");
    const done = await desk.say(nurse, "POST", `/v1/clinics/${clinic.clinicId}/withdraw`, {});
    expect(done.status).toBe(200);
    expect(ports.lost).toEqual([]);
    expect(await statesOf(clinic.clinicId)).toMatchObject({
      "09:00": "busy",
      "09:20": "free",
      "09:40": "busy-unavailable",
    });
    const again = await desk.say(nurse, "POST", `/v1/clinics/${clinic.clinicId}/withdraw`, {});
    expect(again).toMatchObject({ status: 409, body: { code: "clinic-withdrawn" } });
    const past = await aClinic(db, { at: nurse.organisationCode, startsAt: "2026-12-22T07:00:00Z" });
    const over = await desk.say(nurse, "POST", `/v1/clinics/${past.clinicId}/withdraw`, {});
    expect(over).toMatchObject({ status: 409, body: { code: "clinic-over" } });
  });
});

describe("changing a clinic", () => {
  it("C4: shortening breaks only what no longer fits; lengthening again brings the free slots back", async () => {
    await give(ids(clinic, 1, 2));
    await give(ids(clinic, 5));
    const change = {
      endsAt: "2026-12-22T10:20:00Z",
      breaks: [{ from: "2026-12-22T10:00:00Z", until: "2026-12-22T10:20:00Z" }],
    };
    expect((await patch(change)).body["code"]).toBe("would-break-agreements");
    const done = await patch({ ...change, confirmBreaking: true });
    expect(done).toMatchObject({ status: 200, etag: '"2"' });
    expect(slotCounts(done.body)).toEqual({ free: 2, held: 0, busy: 1, unavailable: 0, ended: 0 });
    expect(ports.lost).toEqual([{ slotIds: ids(clinic, 5), cause: "clinic-changed" }]);

    ports.agreements.clear();
    const longer = await patch({ endsAt: "2026-12-22T11:20:00Z", breaks: [] }, 2);
    expect(slotCounts(longer.body)).toEqual({ free: 6, held: 0, busy: 1, unavailable: 0, ended: 0 });
  });

  it("C4: a change made on what somebody else has changed since is refused", async () => {
    expect((await patch({ pledge: "firm" })).status).toBe(200);
    expect(await patch({ pledge: "ask" })).toMatchObject({ status: 412, body: { code: "clinic-changed-meanwhile" } });
    const missing = await desk.say(nurse, "PATCH", `/v1/clinics/${clinic.clinicId}`, { pledge: "ask" });
    expect(missing.status).toBe(428);
  });

  it("C4: of two changes sent at once on the same version, one is refused", async () => {
    const both = await Promise.all([patch({ pledge: "firm" }), patch({ pledge: "firm" })]);
    expect(both.map((said) => said.status).sort((one, other) => one - other)).toEqual([200, 412]);
  });

  it("C4: dropping a service loses what was held for it, and the slot stays for the others", async () => {
    const two = await aClinic(db, {
      at: nurse.organisationCode,
      startsAt: "2026-12-23T09:00:00Z",
      services: ["ear", "b12"],
    });
    const [held = ""] = ids(two);
    await anOfferHolding(held);
    const done = await desk.say(
      nurse,
      "PATCH",
      `/v1/clinics/${two.clinicId}`,
      { services: ["b12"] },
      { "if-match": '"1"' },
    );
    expect(done.status).toBe(200);
    expect(ports.lost).toEqual([{ slotIds: [held], cause: "no-longer-offered" }]);
    expect(slotCounts(done.body)).toMatchObject({ free: 3, held: 0 });
  });

  /** An offer for an ear appointment that holds this slot. */
  const anOfferHolding = async (slotId: string): Promise<void> => {
    const request = await aRequest(db, { needs: [{ service: "ear" }] });
    const offerId = newId();
    await db.q.insert(offers).values({
      id: offerId,
      requestId: request.requestId,
      groupCode: request.groupCode,
      homeCode: request.homeCode,
      supportingCode: nurse.organisationCode,
      kind: "slots",
      awaiting: "supporting",
      state: "waiting",
      priority: "urgent",
      ring: 1,
      isExtra: false,
      km: 1,
      reasons: [],
      expiresAt: sql`app_now() + interval '1 hour'`,
      createdAt: sql`app_now()`,
      version: 1,
    });
    const [needId = ""] = request.needIds;
    await db.q.insert(offerNeeds).values({ offerId, needId, isLive: true });
    await db.q.insert(offerSlots).values({ offerId, slotId, needId, isLive: true });
    await db.database.transact(async (tx) => setSlotStates(tx, [slotId], ["free"], "busy-tentative"));
  };
});

describe("this slot has gone", () => {
  it("C4: one tap without a question back; what stood on it is told", async () => {
    const [gone = ""] = ids(clinic, 2);
    await give([gone]);
    const said = await desk.say(nurse, "POST", `/v1/slots/${gone}/gone`, {});
    expect(said).toMatchObject({ status: 200, body: { slotId: gone, agreements: { broken: 1 } } });
    expect(ports.lost).toEqual([{ slotIds: [gone], cause: "slot-gone" }]);
  });

  it("C4: two colleagues say it at once, and it is lost once", async () => {
    const [gone = ""] = ids(clinic);
    await give([gone]);
    const colleague = await aUser(db, { at: nurse.organisationCode, roles: ["reception"] });
    const said = await Promise.all(
      [nurse, colleague, nurse, colleague].map(async (actor) => desk.say(actor, "POST", `/v1/slots/${gone}/gone`, {})),
    );
    expect(said.map((one) => one.status)).toEqual([200, 200, 200, 200]);
    expect(ports.lost).toHaveLength(1);
  });

  it("C4: a slot that has gone comes back by no change of the clinic and no release of a hold", async () => {
    const [gone = ""] = ids(clinic);
    await desk.say(nurse, "POST", `/v1/slots/${gone}/gone`, {});
    await patch({ startsAt: "2026-12-22T10:00:00Z" });
    const back = await patch({ startsAt: "2026-12-22T09:00:00Z" }, 2);
    expect(slotCounts(back.body)).toMatchObject({ free: 5, unavailable: 1 });
    const moved = await db.database.transact(async (tx) => setSlotStates(tx, [gone], ["busy-unavailable"], "free"));
    expect(moved).toEqual([]);
  });

  it("C5, P3: not once it has started, and not somebody else's", async () => {
    const [first = ""] = ids(clinic);
    const stranger = await aUser(db);
    expect((await desk.say(stranger, "POST", `/v1/slots/${first}/gone`, {})).status).toBe(404);
    await db.holdClock("2026-12-22T09:00:00Z");
    expect((await desk.say(nurse, "POST", `/v1/slots/${first}/gone`, {})).body["code"]).toBe("slot-started");
  });
});
