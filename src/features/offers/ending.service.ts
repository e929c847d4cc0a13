import type { Database, Tx } from "../../platform/db/database.ts";
import { eventFor } from "../../platform/event-log/event-contract.ts";
import { unique } from "../../platform/lists/lists.ts";
import { endAgreementsOfNeeds, liveAgreementsOnSlots, loseAgreedSlots } from "../agreements/index.ts";
import { recordAudit, system } from "../audit/index.ts";
import { setSlotStates, type CapacityPorts } from "../capacity/index.ts";
import { askForMatching } from "../match-due/index.ts";
import { brokersOf } from "../practices/index.ts";
import { announceRequest, excludePractice, lockRequests, markNeeds, type RequestPorts } from "../requests/index.ts";
import { offerChanged } from "./offers.events.ts";
import {
  needsWithoutOffer,
  offersPastExpiry,
  openOffer,
  releaseNeedsOfOffer,
  setOffer,
  waitingOffersFor,
  waitingOffersOnSlots,
  type OpenedOffer,
} from "./offers.repository.ts";
import type { OfferState } from "./offers.schema.ts";

/** Tells the desk concerned and the brokers how an offer stands now. */
export const announceOffer = async (
  tx: Tx,
  offer: OpenedOffer,
  now: { readonly state: OfferState; readonly needs: number; readonly expiresAt?: Date },
): Promise<void> => {
  const data = {
    offerId: offer.id,
    reference: offer.reference,
    state: now.state,
    needs: now.needs,
    expiresAt: (now.expiresAt ?? offer.expiresAt).toISOString(),
  };
  const sides = offer.awaiting === "home" ? [offer.homeCode, offer.supportingCode] : [offer.supportingCode];
  for (const stream of new Set([...sides, ...(await brokersOf(tx, offer.groupCode))]))
    tx.emit(eventFor(offerChanged, stream, data));
};

/** Needs that no offer asks for any more look again. */
export const reopenUnasked = async (tx: Tx, needIds: readonly string[]): Promise<void> => {
  const unasked = await needsWithoutOffer(tx.q, needIds);
  if (unasked.length > 0) await markNeeds(tx, unasked, { from: ["offered"], to: "open" });
};

/**
 * Takes needs out of every waiting offer except one: covered elsewhere, withdrawn, or planned differently (rule O5). An
 * offer that asks for nothing any more is stood down. The request is locked by the caller.
 */
export const standDown = async (tx: Tx, needIds: readonly string[], except?: string): Promise<void> => {
  if (needIds.length === 0) return;
  for (const offerId of await waitingOffersFor(tx.q, needIds)) {
    if (offerId === except) continue;
    await shrinkOffer(tx, offerId, needIds);
  }
};

/** Takes needs out of one waiting offer and frees what it held for them. */
export const shrinkOffer = async (tx: Tx, offerId: string, needIds: readonly string[]): Promise<void> => {
  const offer = await openOffer(tx.q, offerId);
  if (offer === undefined || offer.state !== "waiting") return;
  const freed = await releaseNeedsOfOffer(tx, offerId, needIds);
  await setSlotStates(tx, freed, ["busy-tentative"], "free");
  const left = offer.needs.filter((need) => !needIds.includes(need.needId)).length;
  if (left === 0) await setOffer(tx, offerId, { state: "stood-down" });
  await announceOffer(tx, offer, { state: left === 0 ? "stood-down" : "waiting", needs: left });
};

/**
 * Ends a waiting offer that brought nothing: declined or lapsed. What it held is free again, and the practice is not asked
 * for these needs until something changes (rule A5). The request is locked by the caller.
 */
export const closeUnanswered = async (
  tx: Tx,
  offer: OpenedOffer,
  end: { readonly state: "declined" | "lapsed"; readonly answeredBy?: string; readonly declineCode?: string },
): Promise<void> => {
  const needIds = offer.needs.map((need) => need.needId);
  const freed = await releaseNeedsOfOffer(tx, offer.id);
  await setSlotStates(tx, freed, ["busy-tentative"], "free");
  await setOffer(tx, offer.id, end);
  await excludePractice(tx, needIds, offer.supportingCode, end.state);
  await reopenUnasked(tx, needIds);
  await announceOffer(tx, offer, { state: end.state, needs: 0 });
  await announceRequest(tx, offer.requestId);
  await askForMatching(tx, offer.groupCode, `offer.${end.state}`);
};

/** Lets every offer lapse whose time has passed; each in a transaction of its own. Returns how many. */
export const lapseOffers = async (database: Database, limit = 200): Promise<number> => {
  let lapsed = 0;
  for (const { id, requestId } of await offersPastExpiry(database.q, limit)) {
    lapsed += await database.transact(async (tx) => {
      await lockRequests(tx, [requestId]);
      const offer = await openOffer(tx.q, id);
      if (offer === undefined || offer.state !== "waiting" || !offer.isPast) return 0;
      await closeUnanswered(tx, offer, { state: "lapsed" });
      await recordAudit(tx, system, "offer.lapse", offer.reference, { offerId: id });
      return 1;
    });
  }
  return lapsed;
};

/** The requests feature's port: these needs ended or changed, so nobody is asked for them any more, and agreements end. */
export const needsEnded: RequestPorts["needsEnded"] = async (tx, author, ended) => {
  await standDown(tx, ended.needIds);
  await endAgreementsOfNeeds(tx, author, ended.needIds, "not-needed");
};

/**
 * The capacity feature's port (rule C4): slots have gone or their clinic was withdrawn or moved. Agreements on them are
 * moved or end; waiting offers shrink, and their needs look again.
 */
export const slotsLost: CapacityPorts["slotsLost"] = async (tx, actor, lost) => {
  const outcome = await loseAgreedSlots(
    tx,
    actor,
    lost.slotIds,
    lost.cause === "slot-gone" || lost.cause === "clinic-changed",
  );
  const holding = await waitingOffersOnSlots(tx.q, lost.slotIds);
  await lockRequests(tx, unique(holding.map((offer) => offer.requestId)));
  const groups = new Set<string>();
  for (const { id } of holding) {
    const offer = await openOffer(tx.q, id);
    if (offer === undefined || offer.state !== "waiting") continue;
    const needIds = [
      ...new Set(offer.slots.filter((slot) => lost.slotIds.includes(slot.slotId)).map((slot) => slot.needId)),
    ];
    await shrinkOffer(tx, id, needIds);
    await reopenUnasked(tx, needIds);
    await announceRequest(tx, offer.requestId);
    groups.add(offer.groupCode);
  }
  if (outcome.broken > 0 && actor.groupCode !== null) groups.add(actor.groupCode);
  for (const groupCode of groups) await askForMatching(tx, groupCode, "slots.lost");
  return outcome;
};

/** The capacity feature's port: what a change of these slots would break. */
export const impactOf: CapacityPorts["impactOf"] = async (q, slotIds) =>
  (await liveAgreementsOnSlots(q, slotIds)).map((agreement) => ({
    agreementId: agreement.id,
    reference: agreement.reference,
    needRef: agreement.ref,
    homeCode: agreement.homeCode,
    startsAt: agreement.startsAt,
    endsAt: agreement.endsAt,
    step: agreement.step,
  }));
