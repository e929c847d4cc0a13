import { appNow, type Tx } from "../../platform/db/database.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { askForMatching } from "../match-due/index.ts";
import { clinicOver, clinicWithdrawn, staleClinic, wouldBreakAgreements } from "./capacity.errors.ts";
import type { CapacityPorts, LossCause } from "./capacity.ports.ts";
import type { ChangeBody } from "./capacity.schema.ts";
import { applyChange, isTaken, noLoss, planChange, type Loss } from "./change-plan.service.ts";
import { announceClinics } from "./clinic-create.service.ts";
import { lockClinic, markWithdrawn, type StoredClinic } from "./clinics.repository.ts";
import { lockSlotsOfClinic, retireSlots, takenSlotsOf, type LockedSlot } from "./slots-lock.repository.ts";

export interface LockedClinic {
  readonly clinic: StoredClinic;
  readonly slots: readonly LockedSlot[];
}

/** Locks clinics of the actor's own with their slots, after what stands on them: the order that everybody keeps. */
export const lockWhole = async (
  tx: Tx,
  actor: Actor,
  ports: CapacityPorts,
  ids: readonly string[],
): Promise<LockedClinic[]> => {
  const taken = await takenSlotsOf(tx.q, actor.organisationCode, { clinicIds: ids });
  if (taken.length > 0) await ports.lockStanding(tx, taken);
  const locked: LockedClinic[] = [];
  for (const id of [...ids].sort()) {
    const clinic = await lockClinic(tx, actor.organisationCode, id);
    if (clinic === undefined) throw notFound("clinic");
    locked.push({ clinic, slots: await lockSlotsOfClinic(tx, id) });
  }
  return locked;
};

const lockOne = async (tx: Tx, actor: Actor, ports: CapacityPorts, id: string): Promise<LockedClinic> => {
  const [locked] = await lockWhole(tx, actor, ports, [id]);
  if (locked === undefined) throw notFound("clinic");
  return locked;
};

/** Shows first which agreements would break (C4), unless whoever asks has seen them. */
export const refuseUnseen = async (
  tx: Tx,
  ports: CapacityPorts,
  slotIds: readonly string[],
  isConfirmed: boolean,
): Promise<void> => {
  if (isConfirmed || slotIds.length === 0) return;
  const affected = await ports.impactOf(tx.q, slotIds);
  if (affected.length > 0) throw wouldBreakAgreements(affected);
};

export const loseSlots = async (
  tx: Tx,
  actor: Actor,
  ports: CapacityPorts,
  slotIds: readonly string[],
  cause: LossCause,
): Promise<Loss> => (slotIds.length === 0 ? noLoss : ports.slotsLost(tx, actor, { slotIds, cause }));

export const takenOf = ({ slots }: LockedClinic): string[] => slots.filter(isTaken).map((slot) => slot.id);

/** Takes a locked clinic back: what has not started is no longer there. The caller has shown what breaks. */
export const retireClinic = async (
  tx: Tx,
  actor: Actor,
  ports: CapacityPorts,
  locked: LockedClinic,
  options: { readonly freesSeriesDay: boolean } = { freesSeriesDay: false },
): Promise<Loss> => {
  await markWithdrawn(tx, locked.clinic.id, options);
  const ahead = locked.slots.filter((slot) => !slot.isStarted).map((slot) => slot.id);
  await retireSlots(tx, ahead, { asGone: false });
  const loss = await loseSlots(tx, actor, ports, takenOf(locked), "clinic-withdrawn");
  await recordAudit(tx, actor, "clinic.withdraw", locked.clinic.id, { ...loss });
  return loss;
};

/** Withdraws a clinic; both sides of what it breaks are told (C4). */
export const withdrawClinic = async (
  tx: Tx,
  actor: Actor,
  ports: CapacityPorts,
  id: string,
  options: { readonly confirmBreaking: boolean },
): Promise<Loss> => {
  const locked = await lockOne(tx, actor, ports, id);
  if (locked.clinic.withdrawnAt !== null) throw clinicWithdrawn();
  if (locked.clinic.endsAt <= (await appNow(tx.q))) throw clinicOver();
  await refuseUnseen(tx, ports, takenOf(locked), options.confirmBreaking);
  const loss = await retireClinic(tx, actor, ports, locked);
  await announceClinics(tx, [id]);
  return loss;
};

/** Changes a clinic's times, services, provisions or pledge; as little as possible breaks, and that is shown first (C4). */
export const changeClinic = async (
  tx: Tx,
  actor: Actor,
  ports: CapacityPorts,
  id: string,
  change: ChangeBody,
  version: number | undefined,
): Promise<Loss> => {
  const { clinic, slots } = await lockOne(tx, actor, ports, id);
  if (clinic.version !== version) throw staleClinic();
  const { confirmBreaking, ...wanted } = change;
  const plan = await planChange(tx, clinic, slots, wanted);
  await refuseUnseen(tx, ports, plan.lost, confirmBreaking);
  const loss = await applyChange(tx, plan, { isByHand: true }, async (lost, cause) =>
    loseSlots(tx, actor, ports, lost, cause),
  );
  await recordAudit(tx, actor, "clinic.change", id, { ...loss, changed: Object.keys(wanted) });
  if (actor.groupCode !== null) await askForMatching(tx, actor.groupCode, "clinic.changed");
  await announceClinics(tx, [id]);
  return loss;
};
