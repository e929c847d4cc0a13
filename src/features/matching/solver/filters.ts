import { hostDayKey, slotsNeeded, type Host, type NeedEntry, type Run } from "./catalogue.ts";
import { kmBetween, MINUTE_MS } from "./cost.ts";
import type { ProblemSlot, ReasonCode } from "./problem.ts";

/** Blocks of one need in one run that keep every rule about the need, the clinic and the window: starts `first … last`. */
export interface Opening {
  readonly run: Run;
  /** Positions in `run.slots`. */
  readonly first: number;
  readonly last: number;
  /** Slots in a block. */
  readonly length: number;
}

export interface Allowed {
  readonly km: number;
  readonly openings: readonly Opening[];
}

/** What the plan, or the day so far, has taken: the last filters ask it. */
export interface Occupancy {
  readonly isTaken: (slot: ProblemSlot) => boolean;
  /** How many more needs the practice takes on the UTC day of `start`. */
  readonly roomThatDay: (host: Host, start: number) => number;
}

const slotEnd = (run: Run, at: number): number => (run.slots[at]?.start ?? 0) + run.clinic.slotMinutes * MINUTE_MS;

/** Starts of blocks of `length` slots within [from, until]; runs are in order of time, so they are neighbours. */
const openingIn = (run: Run, length: number, from: number, until: number): Opening | undefined => {
  let first = 0;
  while (first < run.slots.length && (run.slots[first]?.start ?? 0) < from) first += 1;
  let end = run.slots.length - 1;
  while (end >= first && slotEnd(run, end) > until) end -= 1;
  const last = end - length + 1;
  return last < first ? undefined : { run, first, last, length };
};

/** The stretches of time in which blocks of the need may lie: its window from now on, without the times ruled out for it. */
const windowsOf = (need: NeedEntry["need"], now: number): readonly (readonly [number, number])[] => {
  let from = Math.max(now, need.earliest);
  if (need.notAt === undefined) return [[from, need.dueBy]];
  const windows: [number, number][] = [];
  for (const out of need.notAt.toSorted((a, b) => a.from - b.from)) {
    windows.push([from, Math.min(out.from, need.dueBy)]);
    from = Math.max(from, out.until);
  }
  windows.push([from, need.dueBy]);
  return windows.filter(([start, end]) => start < end);
};

/**
 * The rules of M1 from `not-signed` to `distance`, which do not depend on what is taken: the first that fails, or every
 * opening that is left. `knownKm` spares working the distance out again.
 */
export const allowedAt = (entry: NeedEntry, host: Host, now: number, knownKm?: number): ReasonCode | Allowed => {
  const { need, home } = entry;
  const { practice } = host;
  if (practice.federation !== home.federation) return "not-signed";
  if (practice.id === home.id) return "own-practice";
  if (!practice.accepting) return "not-accepting";
  if (entry.excluded.has(practice.id)) return "excluded";
  if (entry.reach !== undefined && !entry.reach.has(practice.id)) return "not-yet-ring";
  const runs = host.runsByService.get(need.service) ?? [];
  if (runs.length === 0) return "service";
  const windows = windowsOf(need, now);
  const openings: Opening[] = [];
  let isInWindow = false;
  for (const run of runs)
    for (const [from, until] of windows) {
      if (openingIn(run, 1, from, until) === undefined) continue;
      isInWindow = true;
      const opening = openingIn(run, slotsNeeded(need, run.clinic), from, until);
      if (opening !== undefined) openings.push(opening);
    }
  if (!isInWindow) return "window";
  if (openings.length === 0) return "duration";
  const channel = need.channel ?? "in-person";
  const byChannel = openings.filter(({ run }) => run.clinic.channel === channel);
  if (byChannel.length === 0) return "channel";
  const fitting = byChannel.filter(({ run }) =>
    need.requires.every((wanted) => host.provides.has(wanted) || run.clinic.provides.includes(wanted)),
  );
  if (fitting.length === 0) return "requirement";
  const km = knownKm ?? kmBetween(home, practice);
  return km > need.maxKm ? "distance" : { km, openings: fitting };
};

/**
 * The first rule of M1 that keeps this need from this practice, given what is taken; undefined: it could go there.
 * One order for the plan, the explanations and the pages.
 */
export const firstFailingRule = (
  entry: NeedEntry,
  host: Host,
  now: number,
  occupancy: Occupancy,
): ReasonCode | undefined => {
  const allowed = allowedAt(entry, host, now);
  if (typeof allowed === "string") return allowed;
  let hasRoom = false;
  let isFree = false;
  for (const { run, first, last, length } of allowed.openings) {
    for (let at = first; at <= last; at += 1) {
      if (occupancy.roomThatDay(host, run.slots[at]?.start ?? 0) <= 0) continue;
      hasRoom = true;
      isFree ||= run.slots.slice(at, at + length).every((slot) => !occupancy.isTaken(slot));
    }
  }
  if (!hasRoom) return "daily-cap";
  if (host.practice.deskFull === true) return "desk-full";
  return isFree ? undefined : "held";
};

/** What is taken before any plan: held slots, and the day's needs so far. */
export const occupancyBefore = (usedByDay: Readonly<Record<string, number>>): Occupancy => ({
  isTaken: (slot) => slot.held === true,
  roomThatDay: ({ practice }, start) =>
    practice.dailyCap === null
      ? Number.POSITIVE_INFINITY
      : practice.dailyCap - (usedByDay[hostDayKey(practice.id, start)] ?? 0),
});
