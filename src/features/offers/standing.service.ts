import { unique } from "../../platform/lists/lists.ts";
import { liveAgreementsOnSlots } from "../agreements/index.ts";
import type { CapacityPorts } from "../capacity/index.ts";
import { lockRequests } from "../requests/index.ts";
import { waitingOffersOnSlots } from "./offers.repository.ts";

/** The capacity feature's port: locks the requests of whatever stands on these slots, before capacity locks the slots. */
export const lockStanding: CapacityPorts["lockStanding"] = async (tx, slotIds) => {
  const agreements = await liveAgreementsOnSlots(tx.q, slotIds);
  const waiting = await waitingOffersOnSlots(tx.q, slotIds);
  await lockRequests(tx, unique([...agreements, ...waiting].map(({ requestId }) => requestId)));
};
