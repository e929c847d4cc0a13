import { callsAllowed, LAST_RING } from "./asking.rules.ts";
import type { Desk } from "./desk.rules.ts";
import { ringOf, type Reach } from "./reach.rules.ts";
import type { Ask, Member, SeekingNeed, Snapshot } from "./snapshot.ts";
import { DETOUR, OTHER_PCN } from "./solver/index.ts";

/**
 * A practice to be asked for times (A4). Nothing is held. One request makes one call to a practice in one plan, but for
 * what answers cannot tell apart: a desk answers with times alone, so a service, length or requirement that it might take
 * without the others is asked for by itself, and so is a priority, because the most urgent sets the time to answer.
 */
export interface CallPlan {
  readonly host: Member;
  readonly needs: readonly SeekingNeed[];
  readonly ring: number;
  readonly km: number;
}

const missingAt = (need: SeekingNeed, host: Member): number =>
  need.requires.filter((wanted) => !host.provides.includes(wanted)).length;

const pointsAt = (km: number, ring: number): number => Math.round(DETOUR * km + (ring < LAST_RING ? 0 : OTHER_PCN));

/** Whom to call first: who meets the requirements, then near and in the same PCN, then who was asked least recently (A6). */
const byPromise = (home: Member, need: SeekingNeed, reach: Reach) => {
  const missing = (host: Member): number => missingAt(need, host);
  const points = (host: Member): number => pointsAt(reach.km(need, host), ringOf(home, host));
  const asked = (host: Member): number => host.lastAskedAt?.getTime() ?? 0;
  return (left: Member, right: Member): number =>
    missing(left) - missing(right) ||
    points(left) - points(right) ||
    asked(left) - asked(right) ||
    (left.code < right.code ? -1 : 1);
};

const kindOf = (need: SeekingNeed): string =>
  [need.requestId, need.service, need.minutes, need.channel, need.priority, need.requires.join(",")].join(" ");

/**
 * Puts needs that no published slot covers to practices that could do the service, each to as many as `short` says. Needs
 * of one request that are alike go together, so that a desk is asked once for "5 dressings".
 */
export const planCalls = (
  snapshot: Snapshot,
  reach: Reach,
  short: ReadonlyMap<SeekingNeed, number>,
  rings: ReadonlyMap<string, number>,
  asksOf: (need: SeekingNeed) => readonly Ask[],
  desk: Desk,
): CallPlan[] => {
  const calls = new Map<string, { host: Member; needs: SeekingNeed[]; ring: number; km: number }>();
  for (const [need, allowed] of short) {
    const home = snapshot.members.get(need.homeCode);
    if (home === undefined) continue;
    const waiting = asksOf(need).filter((ask) => ask.kind === "call");
    let left = allowed - waiting.length;
    const ring = rings.get(need.id) ?? need.ring;
    const candidates = reach
      .callable(need, ring)
      .filter((host) => !asksOf(need).some((ask) => ask.supportingCode === host.code))
      .sort(byPromise(home, need, reach));
    for (const host of candidates) {
      if (left <= 0) break;
      const key = `${kindOf(need)} ${host.code}`;
      const call = calls.get(key);
      if (call === undefined && !desk.takeCall(`call ${key}`, host.code)) continue;
      if (call === undefined)
        calls.set(key, { host, needs: [need], ring: ringOf(home, host), km: reach.km(need, host) });
      else call.needs.push(need);
      left -= 1;
    }
  }
  return [...calls.values()];
};

/**
 * Whether these calls, planned for a need among its nearest practices, are those that would be made knowing all: buddies and
 * the PCN were read whole, and of the rest, which begins at `restAtKm`, nobody comes before any practice that is called.
 */
export const isCalledBest = (
  need: SeekingNeed,
  {
    calls,
    waiting,
    ring,
    restAtKm,
  }: {
    readonly calls: readonly CallPlan[];
    /** With how many calls it waits already. */
    readonly waiting: number;
    /** To which the plan opened it. */
    readonly ring: number;
    readonly restAtKm: number;
  },
): boolean => {
  if (ring < LAST_RING || restAtKm > need.maxKm) return true;
  const mine = calls.filter((call) => call.needs.includes(need));
  const comesFirst = ({ host, km, ring: its }: CallPlan): boolean =>
    missingAt(need, host) === 0 && pointsAt(km, its) < pointsAt(restAtKm, LAST_RING);
  return mine.length + waiting >= callsAllowed(need) && mine.every(comesFirst);
};
