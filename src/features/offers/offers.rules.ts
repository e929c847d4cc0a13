import { addOpenDays, addOpenMinutes, type OpeningHours } from "../calendar/index.ts";

export type Priority = "routine" | "urgent" | "asap";

const MINUTE = 60_000;

/**
 * Until when an offer waits (rule O2): asap 30 minutes by the clock, urgent 2 open hours of the desk that answers, routine
 * 1 open day of it; never later than the first slot's start, nor for a call than the earliest due-by.
 */
export const expiryOf = (priority: Priority, now: Date, hours: readonly OpeningHours[], notAfter: Date): Date => {
  const wanted =
    priority === "asap"
      ? new Date(now.getTime() + 30 * MINUTE)
      : priority === "urgent"
        ? addOpenMinutes(hours, now, 120)
        : addOpenDays(hours, now, 1);
  return wanted.getTime() < notAfter.getTime() ? wanted : notAfter;
};

/** *Checking with our nurse*: once, by half of what was given; never later than the first slot's start (O2). */
export const extensionOf = (createdAt: Date, expiresAt: Date, notAfter: Date): Date => {
  const wanted = expiresAt.getTime() + (expiresAt.getTime() - createdAt.getTime()) / 2;
  return new Date(Math.min(wanted, Math.max(notAfter.getTime(), expiresAt.getTime())));
};

/** A need as far as fitting it into times goes. Instants. */
export interface WantedNeed {
  readonly needId: string;
  readonly minutes: number;
  readonly earliest: Date;
  readonly dueBy: Date;
  /** Times that its patient said no to. */
  readonly excludedTimes?: readonly { readonly from: Date; readonly until: Date }[];
}

export interface OpenSlot {
  readonly slotId: string;
  readonly clinicId: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
}

export interface FittedNeed {
  readonly needId: string;
  readonly clinicId: string;
  readonly slotIds: readonly string[];
  readonly startsAt: Date;
  readonly endsAt: Date;
}

/** The run of slots from `at` on that is long enough, each beginning where the one before ends; undefined if there is none. */
const runFrom = (slots: readonly OpenSlot[], at: number, minutes: number): readonly OpenSlot[] | undefined => {
  const first = slots[at];
  if (first === undefined) return undefined;
  const run = [first];
  const length = first.endsAt.getTime() - first.startsAt.getTime();
  while (run.length * length < minutes * MINUTE) {
    const last = run.at(-1);
    const next = slots[at + run.length];
    if (last === undefined || next === undefined || next.clinicId !== last.clinicId) return undefined;
    if (next.startsAt.getTime() !== last.endsAt.getTime()) return undefined;
    run.push(next);
  }
  return run;
};

/**
 * Gives needs to the times a desk chose (rule O3: the desk chooses times, the system assigns the needs). Times are walked
 * in order; each goes to the fitting need that is due first, ties by id. For needs of one slot this covers as many as is
 * possible at all (earliest deadline first with unit tasks, Horn 1974).
 */
export const fitNeeds = (needs: readonly WantedNeed[], slots: readonly OpenSlot[]): FittedNeed[] => {
  const order = [...slots].sort(
    (a, b) =>
      (a.clinicId === b.clinicId ? 0 : a.clinicId < b.clinicId ? -1 : 1) || a.startsAt.getTime() - b.startsAt.getTime(),
  );
  const waiting = [...needs].sort((a, b) => a.dueBy.getTime() - b.dueBy.getTime() || (a.needId < b.needId ? -1 : 1));
  const starts = order
    .map((slot, at) => ({ slot, at }))
    .sort((a, b) => a.slot.startsAt.getTime() - b.slot.startsAt.getTime() || a.at - b.at);
  const used = new Set<string>();
  const fitted: FittedNeed[] = [];
  for (const { slot, at } of starts) {
    if (used.has(slot.slotId)) continue;
    const chosen = waiting.findIndex((need) => {
      const run = runFrom(order, at, need.minutes);
      const end = run?.at(-1)?.endsAt;
      return (
        run !== undefined &&
        end !== undefined &&
        run.every((part) => !used.has(part.slotId)) &&
        slot.startsAt >= need.earliest &&
        end <= need.dueBy &&
        !(need.excludedTimes ?? []).some((out) => out.from < end && slot.startsAt < out.until)
      );
    });
    const need = waiting[chosen];
    const run = need === undefined ? undefined : runFrom(order, at, need.minutes);
    const end = run?.at(-1)?.endsAt;
    if (need === undefined || run === undefined || end === undefined) continue;
    waiting.splice(chosen, 1);
    for (const part of run) used.add(part.slotId);
    fitted.push({
      needId: need.needId,
      clinicId: slot.clinicId,
      slotIds: run.map((part) => part.slotId),
      startsAt: slot.startsAt,
      endsAt: end,
    });
  }
  return fitted;
};
