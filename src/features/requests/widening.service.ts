import type { Tx } from "../../platform/db/database.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { askForMatching } from "../match-due/index.ts";
import { updateRequest } from "./amending.repository.ts";
import { announceRequest } from "./announcing.service.ts";
import { lockNeedsOf, widenByHand } from "./needs.repository.ts";
import { readRequest, requireRequest } from "./reading.service.ts";
import { nothingLooks } from "./requests.errors.ts";
import type { brokerCodes, RequestView } from "./requests.schema.ts";

/**
 * A broker opens the next ring now, instead of when its wait has passed (F3, A3), for every need that still looks: whoever
 * has been asked stays asked, and one practice more may be.
 * @throws `nothing-looks` where no need looks any more.
 */
export const widenNow = async (
  tx: Tx,
  actor: Actor,
  input: { reference: string; reason: (typeof brokerCodes)[number] },
): Promise<RequestView> => {
  const { reference, reason } = input;
  const request = await requireRequest(tx.q, actor, reference, { lock: true });
  await lockNeedsOf(tx, request.id);
  const needs = await widenByHand(tx, request.id);
  if (needs === 0) throw nothingLooks();
  // A plan that has read the rings as they were must not write them back.
  await updateRequest(tx, request.id);
  await recordAudit(tx, actor, "broker.widen", reference, { reason, needs });
  await askForMatching(tx, request.groupCode, "ring.widened");
  await announceRequest(tx, request.id);
  return readRequest(tx.q, actor, reference);
};
