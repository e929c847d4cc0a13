import { makeAgreements } from "../../../src/features/agreements/index.ts";
import type { Actor } from "../../../src/features/access/index.ts";
import type { BuiltClinic, BuiltRequest, TestDatabase } from "../../support/index.ts";

/** Gives the first need of a request the first slot of a clinic, as accepting would. */
export const anAgreement = async (
  db: TestDatabase,
  request: BuiltRequest,
  clinic: BuiltClinic,
  author: Actor,
): Promise<void> => {
  const [needId] = request.needIds;
  const [slot] = clinic.slots;
  if (needId === undefined || slot === undefined) throw new Error("anAgreement: nothing to give");
  const { requestId, reference, groupCode, homeCode } = request;
  const { clinicId, organisationCode: supportingCode } = clinic;
  const parties = { requestId, reference, groupCode, homeCode, supportingCode, offerId: null };
  const { startsAt, endsAt } = slot;
  await db.database.transact(async (tx) =>
    makeAgreements(tx, author, [
      { ...parties, blocks: [{ needId, ref: "N01", clinicId, slotIds: [slot.id], startsAt, endsAt }] },
    ]),
  );
};
