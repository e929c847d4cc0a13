import type { Tx } from "../../platform/db/database.ts";
import { unique } from "../../platform/lists/lists.ts";
import { liveAgreementsOnSlots, makeAgreements } from "../agreements/index.ts";
import { recordAudit } from "../audit/index.ts";
import type { Actor } from "../access/index.ts";
import type { CapacityPorts } from "../capacity/index.ts";
import { announceRequest, lockRequests } from "../requests/index.ts";
import { heldBlocks, withRefs } from "./answer.service.ts";
import { announceOffer, standDown } from "./ending.service.ts";
import {
  openOffer,
  releaseNeedsOfOffer,
  setOffer,
  waitingOffersOnSlots,
  waitingOffersTo,
  type OpenedOffer,
} from "./offers.repository.ts";
import type { FittedNeed } from "./offers.rules.ts";

/** The capacity feature's port: locks the requests of whatever stands on these slots, before capacity locks the slots. */
export const lockStanding: CapacityPorts["lockStanding"] = async (tx, slotIds) => {
  const agreements = await liveAgreementsOnSlots(tx.q, slotIds);
  const waiting = await waitingOffersOnSlots(tx.q, slotIds);
  await lockRequests(tx, unique([...agreements, ...waiting].map(({ requestId }) => requestId)));
};

/** The capacity feature's port: locks the requests of whatever waits for this desk, before capacity locks its clinics. */
export const lockWaitingFor: CapacityPorts["lockWaitingFor"] = async (tx, organisationCode) => {
  const waiting = await waitingOffersTo(tx.q, organisationCode);
  await lockRequests(tx, unique(waiting.map(({ requestId }) => requestId)));
};

/**
 * The capacity feature's port: these clinics of the actor are firm today (C5). Had that been known when they were offered,
 * their times would have been agreed at once (O1), so they are now, and nobody needs to answer for them a second time. What
 * such an offer asks for besides goes on waiting.
 */
export const firmConfirmed: CapacityPorts["firmConfirmed"] = async (tx, actor, clinicIds) => {
  const confirmed = new Set(clinicIds);
  for (const { id, takesFirm } of await waitingOffersTo(tx.q, actor.organisationCode)) {
    const offer = takesFirm ? await openOffer(tx.q, id) : undefined;
    if (offer === undefined || offer.state !== "waiting" || offer.isPast) continue;
    const blocks = heldBlocks(
      offer,
      offer.slots.filter((slot) => confirmed.has(slot.clinicId)),
    );
    if (blocks.length > 0) await agreeConfirmed(tx, actor, offer, blocks);
  }
};

const agreeConfirmed = async (
  tx: Tx,
  actor: Actor,
  offer: OpenedOffer,
  blocks: readonly FittedNeed[],
): Promise<void> => {
  const needIds = blocks.map(({ needId }) => needId);
  await makeAgreements(tx, actor, [{ ...offer, offerId: offer.id, blocks: withRefs(offer, blocks) }]);
  await releaseNeedsOfOffer(tx, offer.id, needIds);
  const needs = offer.needs.length - needIds.length;
  if (needs === 0) await setOffer(tx, offer.id, { state: "accepted", answeredBy: actor.userId });
  await standDown(tx, needIds, offer.id);
  await announceOffer(tx, offer, { state: needs === 0 ? "accepted" : "waiting", needs });
  await announceRequest(tx, offer.requestId);
  await recordAudit(tx, actor, "offer.accept", offer.reference, { offerId: offer.id, needs: needIds.length });
};
