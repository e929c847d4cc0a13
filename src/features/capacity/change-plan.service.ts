import { appNow, type Tx } from "../../platform/db/database.ts";
import { londonDate } from "../calendar/index.ts";
import { clinicOver, clinicWithdrawn } from "./capacity.errors.ts";
import type { LossCause } from "./capacity.ports.ts";
import type { ChangeBody } from "./capacity.schema.ts";
import { relayout, type Relayout } from "./change.rules.ts";
import { stretchOf, wholeOf, type ClinicTimes } from "./clinic-times.rules.ts";
import { updateClinic, type StoredClinic } from "./clinics.repository.ts";
import { checkedFacts, refuseBadTimes } from "./publish.service.ts";
import { retireSlots, reviveSlots, slotsThatNeed, type LockedSlot } from "./slots-lock.repository.ts";
import { insertSlots, newSlots } from "./slots.repository.ts";

/** What became of the agreements that a change touched. */
export interface Loss {
  readonly moved: number;
  readonly broken: number;
}

export const noLoss: Loss = { moved: 0, broken: 0 };
export const add = (one: Loss, other: Loss): Loss => ({
  moved: one.moved + other.moved,
  broken: one.broken + other.broken,
});

export type Change = Omit<ChangeBody, "confirmBreaking"> & { readonly lane?: string | null };

/** What a change would do; nothing is written yet. */
export interface ChangePlan {
  readonly clinic: StoredClinic;
  readonly change: Change;
  readonly times: ClinicTimes;
  readonly slots: Relayout;
  /** Slots of what the clinic no longer offers. */
  readonly unmet: readonly string[];
  /** Held or busy slots whose offer or agreement the change would end. */
  readonly lost: readonly string[];
  readonly now: Date;
}

export const isTaken = (slot: LockedSlot): boolean =>
  !slot.isStarted && (slot.state === "busy" || slot.state === "busy-tentative");

const minus = (all: readonly string[], some: readonly string[]): string[] => all.filter((one) => !some.includes(one));
const none: Relayout = { lost: [], dropped: [], revived: [], added: [] };

/** Works out, for a locked clinic and its locked slots, what a change would do. Refuses what breaks a rule. */
export const planChange = async (
  tx: Tx,
  clinic: StoredClinic,
  slots: readonly LockedSlot[],
  change: Change,
): Promise<ChangePlan> => {
  if (clinic.withdrawnAt !== null) throw clinicWithdrawn();
  const now = await appNow(tx.q);
  if (clinic.endsAt <= now) throw clinicOver();
  if (change.services !== undefined)
    await checkedFacts(tx, clinic.organisationCode, { siteId: clinic.siteId, services: change.services });
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
        { whole: wholeOf(times), breaks: times.breaks.map(stretchOf), slotMinutes: times.slotMinutes },
        now.getTime(),
      )
    : none;
  const taken = slots.filter(isTaken).map((slot) => slot.id);
  const unmet = await slotsThatNeed(tx.q, taken, {
    services: minus(clinic.services, change.services ?? clinic.services),
    provides: minus(clinic.provides, change.provides ?? clinic.provides),
  });
  return { clinic, change, times, slots: plan, unmet, lost: [...plan.lost, ...minus(unmet, plan.lost)], now };
};

/** Ends what stands on slots that were lost, once the clinic is as it will be and they are out of use. */
export type Lose = (slotIds: readonly string[], cause: LossCause) => Promise<Loss>;

/**
 * Writes the plan.
 * @param options.isByHand marks a day of a series as changed, so that the series leaves it alone (C2).
 */
export const applyChange = async (
  tx: Tx,
  { clinic, change, times, slots, unmet, lost, now }: ChangePlan,
  options: { readonly isByHand: boolean },
  lose: Lose,
): Promise<Loss> => {
  await updateClinic(tx, clinic.id, {
    startsAt: times.startsAt,
    endsAt: times.endsAt,
    breaks: times.breaks.map(({ from, until }) => ({ from: from.toISOString(), until: until.toISOString() })),
    services: change.services ?? clinic.services,
    provides: change.provides ?? clinic.provides,
    pledge: change.pledge ?? clinic.pledge,
    lane: change.lane === undefined ? clinic.lane : change.lane,
    isChanged: clinic.isChanged || options.isByHand,
    ...(change.pledge === "firm" ? { confirmedOn: londonDate(now) } : {}),
  });
  await retireSlots(tx, [...lost, ...slots.dropped], { asGone: false });
  await reviveSlots(tx, slots.revived);
  await insertSlots(tx, newSlots(clinic, slots.added, "free"));
  const loss = add(await lose(unmet, "no-longer-offered"), await lose(minus(slots.lost, unmet), "clinic-changed"));
  // Those that still fit the times are there for the services that stay.
  await reviveSlots(tx, minus(unmet, slots.lost));
  return loss;
};
