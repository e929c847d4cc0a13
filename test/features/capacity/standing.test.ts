import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { capacityPorts } from "../../../src/app/routes.ts";
import type { Actor } from "../../../src/features/access/index.ts";
import { clinicRoutes, setSlotStates } from "../../../src/features/capacity/index.ts";
import { slots } from "../../../src/features/capacity/capacity.table.ts";
import { acceptOffer, createOffers } from "../../../src/features/offers/index.ts";
import { needs } from "../../../src/features/requests/requests.table.ts";
import { rows } from "../../../src/platform/db/database.ts";
import {
  aClinic,
  aRequest,
  aUser,
  openTestDatabase,
  type BuiltClinic,
  type TestDatabase,
} from "../../support/index.ts";
import { openDesk, type Desk } from "./desk.ts";

/* Capacity with what really stands above it: offers and agreements, wired as the application wires them. */

let db: TestDatabase;
let desk: Desk;
let nurse: Actor;
let clinic: BuiltClinic;

beforeAll(async () => {
  db = await openTestDatabase({ poolMax: 20 });
  desk = openDesk(db, clinicRoutes(capacityPorts));
});
beforeEach(async () => {
  await db.holdClock("2026-12-21T09:00:00Z");
  nurse = await aUser(db);
  clinic = await aClinic(db, { at: nurse.organisationCode, startsAt: "2026-12-22T09:00:00Z", slots: 6 });
});
afterAll(async () => {
  await desk.close();
  await db.close();
});

interface Waiting {
  readonly offerId: string;
  readonly needId: string;
}

/** A request of one need whose offer holds the clinic's slot at this position. */
const anOffer = async (at: number): Promise<Waiting> => {
  const request = await aRequest(db, { needs: [{}] });
  const slot = clinic.slots[at];
  const [needId = ""] = request.needIds;
  if (slot === undefined) throw new Error("anOffer: no such slot");
  const [offerId = ""] = await db.database.transact(async (tx) => {
    await setSlotStates(tx, [slot.id], ["free"], "busy-tentative");
    return createOffers(tx, [
      {
        requestId: request.requestId,
        reference: request.reference,
        groupCode: request.groupCode,
        homeCode: request.homeCode,
        supportingCode: nurse.organisationCode,
        kind: "slots",
        awaiting: "supporting",
        priority: "urgent",
        ring: 1,
        isExtra: false,
        km: 1,
        reasons: [],
        expiresAt: new Date("2026-12-21T17:00:00Z"),
        needIds: [needId],
        slots: [{ slotId: slot.id, needId, startsAt: slot.startsAt }],
      },
    ]);
  });
  return { offerId, needId };
};

const accept = async ({ offerId }: Waiting) => db.database.transact(async (tx) => acceptOffer(tx, nurse, offerId, {}));
const needState = async (id: string) => (await db.q.select().from(needs).where(eq(needs.id, id)))[0]?.state;

/** Live agreements on slots that are not busy, and busy slots without one: there must be none of either. */
const contradictions = async (): Promise<number> => {
  const [found] = await rows(
    db.q,
    z.object({ n: z.coerce.number() }),
    sql`select count(*) as n from slots s full join (select * from agreement_slots where is_live) a on a.slot_id = s.id
        where (a.slot_id is not null) <> (s.state is not distinct from 'busy')`,
  );
  return found?.n ?? -1;
};

describe("what stands on slots that are lost", () => {
  it("C4: a slot that has gone: the need gets another time of the same clinic", async () => {
    const waiting = await anOffer(2);
    await accept(waiting);
    const gone = await desk.say(nurse, "POST", `/v1/slots/${clinic.slots[2]?.id}/gone`, {});
    expect(gone).toMatchObject({ status: 200, body: { agreements: { moved: 1, broken: 0 } } });
    expect(await needState(waiting.needId)).toBe("agreed");
    expect(await contradictions()).toBe(0);
  });

  it("C4: a withdrawn clinic: its agreements are shown, then their needs and those of its offers are open again", async () => {
    const agreed = await anOffer(0);
    const offered = await anOffer(1);
    await accept(agreed);
    const shown = await desk.say(nurse, "POST", `/v1/clinics/${clinic.clinicId}/withdraw`, {});
    expect(shown).toMatchObject({
      status: 409,
      body: { code: "would-break-agreements", agreements: [{ needRef: "N01" }] },
    });
    const done = await desk.say(nurse, "POST", `/v1/clinics/${clinic.clinicId}/withdraw`, { confirmBreaking: true });
    expect(done).toMatchObject({ status: 200, body: { agreements: { broken: 1 } } });
    expect([await needState(agreed.needId), await needState(offered.needId)]).toEqual(["open", "open"]);
    expect(await contradictions()).toBe(0);
  });

  it("C4, O4: desks accept while a colleague withdraws: either comes first, nothing is half done", async () => {
    for (let round = 0; round < 4; round += 1) {
      clinic = await aClinic(db, { at: nurse.organisationCode, startsAt: "2026-12-23T09:00:00Z", slots: 6 });
      const waiting = await Promise.all([0, 1, 2, 3, 4, 5].map(anOffer));
      const [withdrawn, ...accepted] = await Promise.allSettled([
        desk.say(nurse, "POST", `/v1/clinics/${clinic.clinicId}/withdraw`, { confirmBreaking: true }),
        ...waiting.map(accept),
      ]);
      expect(withdrawn).toMatchObject({ status: "fulfilled", value: { status: 200 } });
      const refusals = accepted.flatMap((one) => (one.status === "rejected" ? [String(one.reason)] : []));
      expect(refusals.filter((text) => !text.includes("DomainError"))).toEqual([]);
      const states = await db.q.select({ state: slots.state }).from(slots).where(eq(slots.clinicId, clinic.clinicId));
      expect(new Set(states.map((slot) => slot.state))).toEqual(new Set(["busy-unavailable"]));
      expect(new Set(await Promise.all(waiting.map(async (one) => needState(one.needId))))).toEqual(new Set(["open"]));
      expect(await contradictions()).toBe(0);
    }
  });
});
