import { hostDayKey, slotsNeeded, type Host, type NeedEntry, type Run } from "./catalogue.ts";
import { DAY_MS } from "./cost.ts";
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

/** Position of the run's first slot that starts at `from` or later. */
const firstFrom = ({ slots }: Run, from: number): number => {
  let at = 0;
  while (at < slots.length && (slots[at]?.start ?? 0) < from) at += 1;
  return at;
};

/** Position of the run's last slot that ends by `until`; runs are in order of time, and their slots are neighbours. */
const lastUntil = ({ slots, slotMs }: Run, until: number): number => {
  const latest = until - slotMs;
  let at = slots.length - 1;
  while (at >= 0 && (slots[at]?.start ?? 0) > latest) at -= 1;
  return at;
};

const provides = (run: Run, wanted: readonly string[]): boolean => {
  for (const one of wanted) if (!run.clinic.provides.includes(one)) return false;
  return true;
};

const NOTHING: readonly string[] = [];

/** What a clinic must bring itself, since the practice does not have it. */
const missingAt = ({ need }: NeedEntry, host: Host): readonly string[] =>
  need.requires.length === 0 ? NOTHING : need.requires.filter((wanted) => !host.provides.has(wanted));

/**
 * The rules of M1 from `not-signed` to `distance`, which do not depend on what is taken: the first that fails, or every
 * opening that is left. Called for every need and practice, so it makes nothing that it does not answer.
 */
export const allowedAt = (entry: NeedEntry, host: Host): ReasonCode | Allowed => {
  const { need, home, windows } = entry;
  const { practice } = host;
  if (practice.federation !== home.federation) return "not-signed";
  if (practice.id === home.id) return "own-practice";
  if (!practice.accepting) return "not-accepting";
  if (entry.excluded.has(practice.id)) return "excluded";
  if (entry.reach !== undefined && !entry.reach.has(practice.id)) return "not-yet-ring";
  const runs = host.runsByService.get(need.service);
  if (runs === undefined || runs.length === 0) return "service";
  const channel = need.channel ?? "in-person";
  const missing = missingAt(entry, host);
  const soonest = need.notBefore?.[practice.id] ?? Number.NEGATIVE_INFINITY;
  const openings: Opening[] = [];
  // How far the best run came: each rule is asked of what the rules before it left.
  let failed: ReasonCode = "window";
  for (const run of runs)
    for (const [from, until] of windows) {
      const first = firstFrom(run, Math.max(from, soonest));
      const end = lastUntil(run, until);
      if (end < first) continue;
      if (failed === "window") failed = "duration";
      const length = slotsNeeded(need, run.clinic);
      const last = end - length + 1;
      if (last < first) continue;
      if (failed === "duration") failed = "channel";
      if (run.clinic.channel !== channel) continue;
      failed = "requirement";
      if (provides(run, missing)) openings.push({ run, first, last, length });
    }
  if (openings.length === 0) return failed;
  const km = entry.kmTo[host.number] ?? 0;
  return km > need.maxKm ? "distance" : { km, openings };
};

const isFreeBlock = ({ slots }: Run, from: number, length: number, { isTaken }: Occupancy): boolean => {
  for (let at = from; at < from + length; at += 1) {
    const slot = slots[at];
    if (slot === undefined || isTaken(slot)) return false;
  }
  return true;
};

/**
 * The first rule of M1 that keeps this need from this practice, given what is taken; undefined: it could go there.
 * One order for the plan, the explanations and the pages.
 */
export const firstFailingRule = (entry: NeedEntry, host: Host, occupancy: Occupancy): ReasonCode | undefined => {
  const allowed = allowedAt(entry, host);
  if (typeof allowed === "string") return allowed;
  let failed: ReasonCode = "daily-cap";
  for (const { run, first, last, length } of allowed.openings) {
    for (let at = first; at <= last; at += 1) {
      if (occupancy.roomThatDay(host, run.slots[at]?.start ?? 0) <= 0) continue;
      if (host.practice.deskFull === true) return "desk-full";
      failed = "held";
      if (isFreeBlock(run, at, length, occupancy)) return undefined;
    }
  }
  return failed;
};

/** What is taken before any plan: held slots, and the day's needs so far. */
export const occupancyBefore = (usedByDay: Readonly<Record<string, number>>): Occupancy => {
  // Asked for every block of every need: the key of a practice's day is made once.
  const rooms = new Map<Host, Map<number, number>>();
  return {
    isTaken: (slot) => slot.held === true,
    roomThatDay: (host, start) => {
      const { dailyCap, id } = host.practice;
      if (dailyCap === null) return Number.POSITIVE_INFINITY;
      const date = Math.floor(start / DAY_MS);
      const days = rooms.get(host) ?? new Map<number, number>();
      const known = days.get(date);
      if (known !== undefined) return known;
      const room = dailyCap - (usedByDay[hostDayKey(id, start)] ?? 0);
      rooms.set(host, days.set(date, room));
      return room;
    },
  };
};
