import { inArray, sql } from "drizzle-orm";
import type { Tx } from "../../platform/db/database.ts";
import { eventFor } from "../../platform/event-log/event-contract.ts";
import { newId } from "../../platform/ids/ids.ts";
import { brokerStreams } from "../practices/index.ts";
import { markNeeds } from "../requests/index.ts";
import { offerMade } from "./offers.events.ts";
import type { Priority } from "./offers.rules.ts";
import { offerNeeds, offers, offerSlots } from "./offers.table.ts";

export interface DraftSlot {
  readonly slotId: string;
  readonly needId: string;
  readonly startsAt: Date;
}

/** An offer to be made. Its slots are held (busy-tentative) by the caller already, in the same transaction. */
export interface OfferDraft {
  readonly requestId: string;
  readonly reference: string;
  readonly groupCode: string;
  readonly homeCode: string;
  readonly supportingCode: string;
  readonly kind: "slots" | "call";
  readonly awaiting: "supporting" | "home";
  readonly priority: Priority;
  readonly ring: number;
  readonly isExtra: boolean;
  readonly km: number;
  readonly reasons: readonly string[];
  readonly expiresAt: Date;
  readonly needIds: readonly string[];
  readonly slots: readonly DraftSlot[];
}

/**
 * Makes offers, in the caller's transaction, which holds the lock of their requests: rows, needs offered, and a message
 * to each desk that is asked and to the brokers (rule O1). Returns the ids in the order of the drafts.
 */
export const createOffers = async (tx: Tx, drafts: readonly OfferDraft[]): Promise<string[]> => {
  if (drafts.length === 0) return [];
  const made = drafts.map((draft) => ({ ...draft, id: newId() }));
  await tx.q.insert(offers).values(
    made.map(({ needIds: _needs, slots: _slots, reference: _reference, reasons, ...offer }) => ({
      ...offer,
      reasons: [...reasons],
      state: "waiting" as const,
      createdAt: sql`app_now()`,
      version: 1,
    })),
  );
  await tx.q
    .insert(offerNeeds)
    .values(made.flatMap((draft) => draft.needIds.map((needId) => ({ offerId: draft.id, needId, isLive: true }))));
  const held = made.flatMap((draft) =>
    draft.slots.map(({ slotId, needId }) => ({ offerId: draft.id, slotId, needId, isLive: true })),
  );
  if (held.length > 0) await tx.q.insert(offerSlots).values(held);
  await markNeeds(tx, [...new Set(made.flatMap((draft) => draft.needIds))], { from: ["open"], to: "offered" });
  const brokers = new Map<string, string[]>();
  for (const draft of made) {
    const group = brokers.get(draft.groupCode) ?? (await brokerStreams(tx.q, draft.groupCode));
    brokers.set(draft.groupCode, group);
    announce(tx, draft, group);
  }
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

/** Makes extra asks first choices: their needs have no other place any more (rule A2). */
export const promoteExtras = async (tx: Tx, offerIds: readonly string[]): Promise<void> => {
  if (offerIds.length === 0) return;
  await tx.q
    .update(offers)
    .set({ isExtra: false })
    .where(inArray(offers.id, [...offerIds]));
};
