import type { Tx } from "../../platform/db/database.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { slotStarted } from "./capacity.errors.ts";
import type { CapacityPorts } from "./capacity.ports.ts";
import { noLoss, type Loss } from "./change-plan.service.ts";
import { loseSlots } from "./change.service.ts";
import { announceClinics } from "./clinic-create.service.ts";
import { lockSlot, retireSlots, takenSlotsOf } from "./slots-lock.repository.ts";

/**
 * "This slot has gone" (C4): one tap, without blame and without a question back. Another time of the same clinic is tried
 * first. Saying it twice, or two colleagues saying it at once, changes nothing more.
 */
export const markSlotGone = async (tx: Tx, actor: Actor, ports: CapacityPorts, slotId: string): Promise<Loss> => {
  const taken = await takenSlotsOf(tx.q, actor.organisationCode, { slotIds: [slotId] });
  if (taken.length > 0) await ports.lockStanding(tx, taken);
  const slot = await lockSlot(tx, actor.organisationCode, slotId);
  if (slot === undefined) throw notFound("slot");
  if (slot.isGone) return noLoss;
  if (slot.isStarted) throw slotStarted();
  await retireSlots(tx, [slotId], { asGone: true });
  const wasTaken = slot.state === "busy" || slot.state === "busy-tentative";
  const loss = wasTaken ? await loseSlots(tx, actor, ports, [slotId], "slot-gone") : noLoss;
  await recordAudit(tx, actor, "slot.gone", slotId, { was: slot.state, ...loss });
  await announceClinics(tx, [slot.clinicId]);
  return loss;
};
