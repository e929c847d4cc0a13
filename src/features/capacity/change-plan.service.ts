import { appNow, type Tx } from "../../platform/db/database.ts";
import { londonDate } from "../calendar/index.ts";
import { clinicOver, clinicWithdrawn } from "./capacity.errors.ts";
import type { ChangeBody } from "./capacity.schema.ts";
import { relayout, type Relayout } from "./change.rules.ts";
import { stretchOf, wholeOf, type ClinicTimes } from "./clinic-times.rules.ts";
import { updateClinic, type StoredClinic } from "./clinics.repository.ts";
import { checkedFacts, refuseBadTimes } from "./publish.service.ts";
import { retireSlots, reviveSlots, slotsThatNeed, type LockedSlot } from "./slots-lock.repository.ts";
import { insertSlots, newSlots } from "./slots.repository.ts";

export type Change = Omit<ChangeBody, "confirmBreaking"> & { readonly lane?: string | null };

/** What a change would do; nothing is written yet. */
export interface ChangePlan {
  readonly clinic: StoredClinic;
  readonly change: Change;
  readonly times: ClinicTimes;
  readonly slots: Relayout;
  /** Slots that stay, for another service; only what stood on them goes. */
  readonly vacated: readonly string[];
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
  const vacated = minus(unmet, plan.lost);
  return { clinic, change, times, slots: plan, vacated, lost: [...plan.lost, ...vacated], now };
};

/**
 * Writes the plan. `lose` is called between, when the clinic is as it will be and the lost slots are out of use.
 * @param options.isByHand marks a day of a series as changed, so that the series leaves it alone (C2).
 */
export const applyChange = async <T>(
  tx: Tx,
  { clinic, change, times, slots, vacated, lost, now }: ChangePlan,
  options: { readonly isByHand: boolean },
  lose: (lost: readonly string[]) => Promise<T>,
): Promise<T> => {
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
  const outcome = await lose(lost);
  await reviveSlots(tx, vacated);
  return outcome;
};
