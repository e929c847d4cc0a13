import type { Tx } from "../../platform/db/database.ts";
import { eventFor } from "../../platform/event-log/event-contract.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { brokersOf } from "../practices/index.ts";
import { requireRequest, type brokerCodes } from "../requests/index.ts";
import { nobodyToNudge } from "./offers.errors.ts";
import { offerNudged } from "./offers.events.ts";
import { markNudged } from "./offers.repository.ts";

/**
 * A broker asks the desks that have not answered to look again (F3). Nothing else changes: neither the time to answer nor
 * who is asked. Returns how many offers it was.
 * @throws `nobody-to-nudge` where nothing waits.
 */
export const nudgeOffers = async (
  tx: Tx,
  actor: Actor,
  input: { readonly reference: string; readonly reason: (typeof brokerCodes)[number] },
): Promise<{ readonly nudged: number }> => {
  const { reference, reason } = input;
  const request = await requireRequest(tx.q, actor, reference, { lock: true });
  const nudged = await markNudged(tx, request.id);
  if (nudged.length === 0) throw nobodyToNudge();
  const brokers = await brokersOf(tx, request.groupCode);
  for (const { id, desk, expiresAt } of nudged) {
    const data = { offerId: id, reference, expiresAt: expiresAt.toISOString() };
    for (const stream of new Set([desk, ...brokers])) tx.emit(eventFor(offerNudged, stream, data));
  }
  await recordAudit(tx, actor, "broker.nudge", reference, { reason, offerIds: nudged.map(({ id }) => id) });
  return { nudged: nudged.length };
};
