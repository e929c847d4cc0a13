import { createOffers } from "../../../src/features/offers/index.ts";
import { setSlotStates } from "../../../src/features/capacity/index.ts";
import { appNow } from "../../../src/platform/db/database.ts";
import type { BuiltClinic, BuiltRequest, TestDatabase } from "../../support/index.ts";

/** An offer of these slots for the first needs of a request, made as the matcher makes it: held, and waiting for two hours. */
export const anOffer = async (
  db: TestDatabase,
  { request, at, slots }: { request: BuiltRequest; at: string; slots: BuiltClinic["slots"] },
): Promise<string> => {
  const now = await appNow(db.q);
  const [id] = await db.database.transact(async (tx) => {
    await setSlotStates(
      tx,
      slots.map((slot) => slot.id),
      ["free"],
      "busy-tentative",
    );
    return createOffers(tx, [
      {
        requestId: request.requestId,
        reference: request.reference,
        groupCode: request.groupCode,
        homeCode: request.homeCode,
        supportingCode: at,
        kind: "slots",
        awaiting: "supporting",
        priority: "routine",
        ring: 1,
        isExtra: false,
        km: 1.2,
        reasons: ["1.2 km"],
        expiresAt: new Date(now.getTime() + 7_200_000),
        needIds: request.needIds.slice(0, slots.length),
        slots: slots.map((slot, index) => ({
          slotId: slot.id,
          needId: request.needIds[index] ?? "",
          startsAt: slot.startsAt,
        })),
      },
    ]);
  });
  return id ?? "";
};
