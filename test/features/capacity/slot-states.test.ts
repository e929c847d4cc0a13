import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClinic, setSlotStates } from "../../../src/features/capacity/index.ts";
import { aClinic, aPractice, aService, openTestDatabase, type TestDatabase } from "../../support/index.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase({ poolMax: 20 });
});
afterAll(async () => {
  await db.close();
});

describe("slots changing hands", () => {
  it("O4: fifty who take the same slots at once get each slot once", async () => {
    const { slots } = await aClinic(db, { slots: 12 });
    const ids = slots.map((slot) => slot.id);
    const taken = await Promise.all(
      Array.from({ length: 50 }, async (_, turn) => {
        // Overlapping parts in different orders: the worst case for waiting in a circle.
        const wanted = [...ids.slice(turn % 12), ...ids.slice(0, turn % 12)].slice(0, 7);
        return db.database.transact(async (tx) => setSlotStates(tx, wanted, ["free"], "busy-tentative"));
      }),
    );
    expect(taken.flat().sort()).toEqual([...ids].sort());
  });

  it("O4: only from the states named; unknown slots move nothing", async () => {
    const { slots } = await aClinic(db, { slots: 2 });
    const ids = slots.map((slot) => slot.id);
    await db.database.transact(async (tx) => {
      expect(await setSlotStates(tx, ids, ["busy"], "free")).toEqual([]);
      expect(await setSlotStates(tx, [], ["free"], "busy")).toEqual([]);
      expect((await setSlotStates(tx, ids, ["free", "busy-tentative"], "busy")).sort()).toEqual([...ids].sort());
    });
  });

  it("A4: an answer to a call makes a clinic of exactly the times it named, given at once", async () => {
    const { code, siteId } = await aPractice(db);
    const services = [await aService(db, "wound-simple")];
    const at = (time: string): Date => new Date(`2026-12-22T${time}:00Z`);
    const made = await db.database.transact(async (tx) =>
      createClinic(tx, {
        organisationCode: code,
        siteId,
        services,
        channel: "in-person",
        provides: [],
        pledge: "ask",
        startsAt: at("14:00"),
        endsAt: at("16:20"),
        breaks: [],
        slotMinutes: 20,
        source: "call",
        slotStarts: [at("14:00"), at("14:20"), at("16:00")],
        slotState: "busy",
      }),
    );
    expect(made.slots.map((slot) => slot.startsAt)).toEqual([at("14:00"), at("14:20"), at("16:00")]);
  });
});
