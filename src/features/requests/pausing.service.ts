import { appNow, type Tx } from "../../platform/db/database.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { askForMatching } from "../match-due/index.ts";
import { updateRequest } from "./amending.repository.ts";
import { announceRequest } from "./announcing.service.ts";
import { readRequest, requireRequest } from "./reading.service.ts";
import type { pauseCodes, RequestView } from "./requests.schema.ts";

/**
 * A broker stops or resumes asking for a request (F3), with a coded reason in the audit trail. Offers that are already
 * waiting go on: somebody may be walking down the corridor to ask. Pausing what is paused changes nothing.
 */
export const setPaused = async (
  tx: Tx,
  actor: Actor,
  input: { reference: string; reason: (typeof pauseCodes)[number]; isPaused: boolean },
): Promise<RequestView> => {
  const { reference, reason, isPaused } = input;
  const request = await requireRequest(tx.q, actor, reference, { lock: true });
  if ((request.pausedAt !== null) !== isPaused) {
    await updateRequest(tx, request.id, { pausedAt: isPaused ? await appNow(tx.q) : null });
    await recordAudit(tx, actor, isPaused ? "broker.pause" : "broker.resume", reference, { reason });
    await askForMatching(tx, request.groupCode, isPaused ? "request.paused" : "request.resumed");
    await announceRequest(tx, request.id);
  }
  return readRequest(tx.q, actor, reference);
};
