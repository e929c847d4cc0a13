import { asksAllowed, LAST_RING } from "./asking.rules.ts";
import type { Decisions } from "./decide.rules.ts";
import type { PlacedNeed } from "./blocks.rules.ts";
import { practiceOf } from "./reach.rules.ts";
import type { SeekingNeed, Snapshot } from "./snapshot.ts";
import {
  BLOCK,
  COURSE_CHARGE,
  DETOUR,
  kmBetween,
  LEAN,
  OTHER_PCN,
  pairCost,
  POINTS_A_DAY,
  REQUEST_CHARGE,
} from "./solver/index.ts";

/*
 * Whether a plan that read only the nearest practices, and only the earliest free slots of them, is as good as one that read
 * everything.
 *
 * A practice that was not read lies at least as far away as `restBeginsAtKm` and is in no PCN of the home (those are always
 * read), so a block there costs at least 1.4 × km + 3 − 2 + 4 (see matching design: distance, other PCN, the largest lean,
 * the block). A slot that was not read begins no earlier than `restBeginsAt` of its practice, so a block with one in it
 * begins at most the need's own length before that, and costs at least the pair of practices and the days until then.
 * Moving needs of a request to such a block adds one more pair to it and frees at most the pairs it leaves: all but one of
 * those it has; and what it leaves may go to another need of the same home, at the same cost but for the day it asked. So
 * where the dearest block of a home costs no more than the cheapest that was not read, with six for every pair beyond the
 * first and eight for every pair of a course beyond the first, nothing that was not read can improve what the home gets.
 * (Two homes that compete for one practice could in turn gain a few points of cost by it; never cover, which is complete.)
 */

const LEAST = OTHER_PCN - LEAN + BLOCK;
const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;

/** What a need's block costs with the pairs that leaving it could free. */
const costWithCharges = (mine: PlacedNeed, first: readonly PlacedNeed[]): number => {
  const { need } = mine;
  const ofRequest = first.filter((block) => block.need.requestId === need.requestId);
  const ofCourse = ofRequest.filter((block) => need.course !== null && block.need.course === need.course);
  const placesOf = (blocks: readonly PlacedNeed[]): number =>
    new Set(blocks.map((block) => block.clinic.organisationCode)).size;
  return mine.cost + REQUEST_CHARGE * (placesOf(ofRequest) - 1) + COURSE_CHARGE * Math.max(0, placesOf(ofCourse) - 1);
};

/** The least that a block with a slot in it that was not read could cost this need. */
const leastUnreadCost = (snapshot: Snapshot) => {
  const practices = new Map(
    [...snapshot.members.values()].map((member) => [member.code, practiceOf(member, snapshot.groupCode)]),
  );
  const pairs = new Map<string, { readonly km: number; readonly cost: number }>();
  const pairOf = (homeCode: string, hostCode: string) => {
    const key = `${homeCode} ${hostCode}`;
    const [home, host] = [practices.get(homeCode), practices.get(hostCode)];
    const km = home === undefined || host === undefined ? Number.POSITIVE_INFINITY : kmBetween(home, host);
    const cost = home === undefined || host === undefined ? km : pairCost(home, host, km);
    const pair = pairs.get(key) ?? { km, cost };
    pairs.set(key, pair);
    return pair;
  };
  return (need: SeekingNeed): number => {
    let least = Number.POSITIVE_INFINITY;
    for (const [hostCode, restBeginsAt] of snapshot.restBeginsAt) {
      if (hostCode === need.homeCode) continue;
      const { km, cost } = pairOf(need.homeCode, hostCode);
      if (km > need.maxKm) continue;
      const earliest = need.earliest.getTime();
      const from = Math.max(earliest, restBeginsAt - need.minutes * MINUTE_MS);
      least = Math.min(least, cost + (POINTS_A_DAY * (from - earliest)) / DAY_MS);
    }
    return least;
  };
};

/** True when reading more practices or more of their slots could change nothing about this plan. */
export const isEnough = (snapshot: Snapshot, decisions: Decisions): boolean => {
  if (snapshot.restBeginsAtKm.size === 0 && snapshot.restBeginsAt.size === 0) return true;
  if (decisions.uncovered.length > 0) return false;
  const first = [...decisions.agree, ...decisions.offer].filter((block) => !block.isExtra);
  const firstOf = new Map(first.map((block) => [block.need.id, block]));
  const unreadSlots = leastUnreadCost(snapshot);
  const homes = new Map<string, { dearest: number; least: number }>();
  for (const need of snapshot.needs) {
    // Buddies and the PCN were read whole, as far as practices go.
    const isNarrow = (decisions.rings.get(need.id) ?? LAST_RING) < LAST_RING;
    const restAtKm = isNarrow ? undefined : snapshot.restBeginsAtKm.get(need.homeCode);
    const elsewhere = restAtKm === undefined ? Number.POSITIVE_INFINITY : DETOUR * restAtKm + LEAST;
    const least = Math.min(elsewhere, unreadSlots(need));
    const mine = firstOf.get(need.id);
    if (mine === undefined) {
      // It waits with a first choice already: only more practices for it could be missing.
      if (Number.isFinite(least)) return false;
      continue;
    }
    const asked = decisions.offer.filter((block) => block.need.id === need.id).length;
    if (Number.isFinite(least) && !decisions.agree.includes(mine) && asked < asksAllowed(need)) return false;
    // Costs count days from each need's own earliest: from one day on, they compare.
    const since = (POINTS_A_DAY * need.earliest.getTime()) / DAY_MS;
    const home = homes.get(need.homeCode) ?? { dearest: Number.NEGATIVE_INFINITY, least: Number.POSITIVE_INFINITY };
    home.dearest = Math.max(home.dearest, costWithCharges(mine, first) + since);
    home.least = Math.min(home.least, least + since);
    homes.set(need.homeCode, home);
  }
  return [...homes.values()].every(({ dearest, least }) => dearest <= least);
};
