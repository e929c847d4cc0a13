import type { Tx } from "../../platform/db/database.ts";
import { eventFor } from "../../platform/event-log/event-contract.ts";
import { agreementTally } from "./agreements.events.ts";
import { tallyOf, type WalkingAgreement } from "./handover.repository.ts";

/** Tells the supporting practice what became of the times that it gave for one request, with thanks (rule H4). */
export const announceTally = async (
  tx: Tx,
  agreement: Pick<WalkingAgreement, "requestId" | "reference" | "homeCode" | "supportingCode">,
): Promise<void> => {
  const { requestId, reference, homeCode, supportingCode } = agreement;
  const tally = await tallyOf(tx.q, requestId, supportingCode);
  tx.emit(eventFor(agreementTally, supportingCode, { reference, homeCode, ...tally }));
};
