import type { Tx } from "../../platform/db/database.ts";
import { eventFor } from "../../platform/event-log/event-contract.ts";
import { newId } from "../../platform/ids/ids.ts";
import { unique } from "../../platform/lists/lists.ts";
import { brokersOf } from "../practices/index.ts";
import { markOffered, type Widening } from "../requests/index.ts";
import { insertOffers, type OfferDraft } from "./offer-insert.repository.ts";
import { offerMade } from "./offers.events.ts";

/**
 * Makes offers, in the caller's transaction, which holds the lock of their requests: rows, needs offered, and a message
 * to each desk that is asked and to the brokers (rule O1). Returns the ids in the order of the drafts. `widenings`: how far
 * asking has widened with it, also for needs that are offered to nobody.
 */
export const createOffers = async (
  tx: Tx,
  drafts: readonly OfferDraft[],
  widenings: readonly Widening[] = [],
): Promise<string[]> => {
  const made = drafts.map((draft) => ({ ...draft, id: newId() }));
  insertOffers(tx, made);
  markOffered(tx, unique(made.flatMap((draft) => draft.needIds)), widenings);
  const groups = unique(made.map((draft) => draft.groupCode));
  const brokersByGroup = new Map(
    await Promise.all(groups.map(async (group) => [group, await brokersOf(tx, group)] as const)),
  );
  for (const draft of made) announce(tx, draft, brokersByGroup.get(draft.groupCode) ?? []);
  return made.map((draft) => draft.id);
};

const announce = (tx: Tx, draft: OfferDraft & { readonly id: string }, brokers: readonly string[]): void => {
  const data = {
    offerId: draft.id,
    reference: draft.reference,
    kind: draft.kind,
    awaiting: draft.awaiting,
    priority: draft.priority,
    homeCode: draft.homeCode,
    supportingCode: draft.supportingCode,
    km: draft.km,
    needs: draft.needIds.length,
    slots: draft.slots.map((slot) => ({ id: slot.slotId, startsAt: slot.startsAt.toISOString() })),
    reasons: [...draft.reasons],
    expiresAt: draft.expiresAt.toISOString(),
  };
  const answering = draft.awaiting === "home" ? draft.homeCode : draft.supportingCode;
  for (const stream of new Set([answering, ...brokers])) tx.emit(eventFor(offerMade, stream, data));
};
