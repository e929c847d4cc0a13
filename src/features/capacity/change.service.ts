import { appNow, type Tx } from "../../platform/db/database.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { londonDate } from "../calendar/index.ts";
import { askForMatching } from "../match-due/index.ts";
import { clinicOver, clinicWithdrawn, staleClinic, wouldBreakAgreements } from "./capacity.errors.ts";
import type { CapacityPorts, LossCause } from "./capacity.ports.ts";
import type { ChangeBody } from "./capacity.schema.ts";
import { relayout } from "./change.rules.ts";
import { announceClinics } from "./clinic-create.service.ts";
import { stretchOf, wholeOf } from "./clinic-times.rules.ts";
import { lockClinic, markWithdrawn, updateClinic, type StoredClinic } from "./clinics.repository.ts";
import { checkedFacts, refuseBadTimes } from "./publish.service.ts";
import {
  lockSlotsOfClinic,
  retireSlots,
  reviveSlots,
  slotsThatNeed,
  takenSlotsOf,
  type LockedSlot,
} from "./slots-lock.repository.ts";
import { insertSlots, newSlots } from "./slots.repository.ts";

/** What became of the agreements that a change touched. */
export interface Loss {
  readonly moved: number;
  readonly broken: number;
}

export const noLoss: Loss = { moved: 0, broken: 0 };

/** Locks a clinic of the actor's own and its slots, after what stands on them: the order that everybody keeps. */
const lockWhole = async (
  tx: Tx,
  actor: Actor,
  ports: CapacityPorts,
  id: string,
): Promise<{ clinic: StoredClinic; slots: LockedSlot[] }> => {
  const taken = await takenSlotsOf(tx.q, id);
  if (taken.length > 0) await ports.lockStanding(tx, taken);
  const clinic = await lockClinic(tx, actor.organisationCode, id);
  if (clinic === undefined) throw notFound("clinic");
  return { clinic, slots: await lockSlotsOfClinic(tx, id) };
};

const isTaken = (slot: LockedSlot): boolean =>
  !slot.isStarted && (slot.state === "busy" || slot.state === "busy-tentative");

/** Shows first which agreements would break (C4), unless whoever asks has seen them. */
const refuseUnseen = async (
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

/** Withdraws a clinic: what has not started is no longer there, and both sides of what it breaks are told (C4). */
export const withdrawClinic = async (
  tx: Tx,
  actor: Actor,
  ports: CapacityPorts,
  id: string,
  options: { readonly confirmBreaking: boolean; readonly freesSeriesDay?: boolean },
): Promise<Loss> => {
  const { clinic, slots } = await lockWhole(tx, actor, ports, id);
  if (clinic.withdrawnAt !== null) throw clinicWithdrawn();
  const now = await appNow(tx.q);
  if (clinic.endsAt <= now) throw clinicOver();
  const lost = slots.filter(isTaken).map((slot) => slot.id);
  await refuseUnseen(tx, ports, lost, options.confirmBreaking);
  await markWithdrawn(tx, id, { freesSeriesDay: options.freesSeriesDay ?? false });
  await retireSlots(
    tx,
    slots.filter((slot) => !slot.isStarted).map((slot) => slot.id),
    { asGone: false },
  );
  const loss = await loseSlots(tx, actor, ports, lost, "clinic-withdrawn");
  await recordAudit(tx, actor, "clinic.withdraw", id, { ...loss });
  await announceClinics(tx, [id]);
  return loss;
};

const minus = (all: readonly string[], some: readonly string[]): string[] => all.filter((one) => !some.includes(one));

/** Changes a clinic's times, services, provisions or pledge; as little as possible breaks, and that is shown first (C4). */
export const changeClinic = async (
  tx: Tx,
  actor: Actor,
  ports: CapacityPorts,
  id: string,
  change: ChangeBody,
  version: number | undefined,
): Promise<Loss> => {
  const { clinic, slots } = await lockWhole(tx, actor, ports, id);
  if (clinic.version !== version) throw staleClinic();
  if (clinic.withdrawnAt !== null) throw clinicWithdrawn();
  const { now } = await checkedFacts(tx, actor.organisationCode, {
    siteId: clinic.siteId,
    services: change.services ?? [],
  });
  if (clinic.endsAt <= now) throw clinicOver();
  const times = {
    startsAt: change.startsAt ?? clinic.startsAt,
    endsAt: change.endsAt ?? clinic.endsAt,
    breaks: change.breaks ?? clinic.breaks.map((one) => ({ from: new Date(one.from), until: new Date(one.until) })),
    slotMinutes: clinic.slotMinutes,
  };
  const isRetimed = change.startsAt !== undefined || change.endsAt !== undefined || change.breaks !== undefined;
  if (isRetimed) refuseBadTimes(times, now);
  const plan = isRetimed
    ? relayout(
        slots,
        { whole: wholeOf(times), breaks: times.breaks.map(stretchOf), slotMinutes: clinic.slotMinutes },
        now.getTime(),
      )
    : { lost: [], dropped: [], revived: [], added: [] };
  // The slot stays, for another service; only what stood on it goes.
  const vacated = minus(
    await slotsThatNeed(
      tx.q,
      slots.filter(isTaken).map((slot) => slot.id),
      {
        services: minus(clinic.services, change.services ?? clinic.services),
        provides: minus(clinic.provides, change.provides ?? clinic.provides),
      },
    ),
    plan.lost,
  );
  const lost = [...plan.lost, ...vacated];
  await refuseUnseen(tx, ports, lost, change.confirmBreaking);
  await updateClinic(tx, id, {
    startsAt: times.startsAt,
    endsAt: times.endsAt,
    breaks: times.breaks.map(({ from, until }) => ({ from: from.toISOString(), until: until.toISOString() })),
    services: change.services ?? clinic.services,
    provides: change.provides ?? clinic.provides,
    pledge: change.pledge ?? clinic.pledge,
    isChanged: true,
    ...(change.pledge === "firm" ? { confirmedOn: londonDate(now) } : {}),
  });
  await retireSlots(tx, [...lost, ...plan.dropped], { asGone: false });
  await reviveSlots(tx, plan.revived);
  await insertSlots(tx, newSlots(clinic, plan.added, "free"));
  const loss = await loseSlots(tx, actor, ports, lost, "clinic-changed");
  await reviveSlots(tx, vacated);
  await recordAudit(tx, actor, "clinic.change", id, { ...loss, changed: Object.keys(change) });
  if (actor.groupCode !== null) await askForMatching(tx, actor.groupCode, "clinic.changed");
  await announceClinics(tx, [id]);
  return loss;
};
