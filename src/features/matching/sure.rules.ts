import { asksAllowed } from "./asking.rules.ts";
import { blocksOf, dayCounts, freeBeside, type PlacedNeed, type Solver } from "./blocks.rules.ts";
import { problemOf } from "./problem.rules.ts";
import { isTakenAtOnce, type Reach } from "./reach.rules.ts";
import type { SeekingNeed, Snapshot } from "./snapshot.ts";

export interface Unanswered {
  /** Whether the need waits with a first choice that stays. */
  readonly isPlaced: (need: SeekingNeed) => boolean;
  /** What this plan gives its needs so far. */
  readonly first: readonly PlacedNeed[];
}

/** May wait with more than one practice, by its breadth (A2) or because a wait has passed unanswered (A3). */
const isWide = (need: SeekingNeed): boolean => asksAllowed(need) > 1;

/**
 * Firm time for needs that would have to wait for an answer: where somebody they may be put to has said yes already they do
 * not wait. A block to be asked for is not yet cover, and cover comes before distance (M2). Such a need is agreed at once, and
 * whoever it waited with is thanked (O5); but what may wait with one practice only is left with a desk that is asked already,
 * and goes elsewhere only if its request then has no more places. The README of cover-plans says what this changed in the
 * simulated rushes.
 */
export const placeSure = async (
  snapshot: Snapshot,
  reach: Reach,
  rings: ReadonlyMap<string, number>,
  { isPlaced, first }: Unanswered,
  solve: Solver,
): Promise<PlacedNeed[]> => {
  const asked = new Set(
    first.filter((block) => !isTakenAtOnce(block.need, block.clinic)).map((block) => block.need.id),
  );
  const agreed = new Set(first.map((block) => block.need.id).filter((id) => !asked.has(id)));
  const needs = snapshot.needs.filter(
    (need) => need.takesFirm && !agreed.has(need.id) && (asked.has(need.id) || (isWide(need) && isPlaced(need))),
  );
  const clinics = freeBeside(
    snapshot.clinics.filter((clinic) => clinic.isFirm),
    first,
  );
  if (needs.length === 0 || clinics.every((clinic) => clinic.slots.length === 0)) return [];
  const within = new Map(needs.map((need) => [need.id, reach.within(need, rings.get(need.id) ?? need.ring)]));
  const plan = await solve(problemOf(snapshot, { needs, reach: within, clinics, alsoUsed: dayCounts(first) }));
  const sure = blocksOf(plan, needs, clinics, false);
  const addsPlaces = placesAdded(snapshot, first, sure);
  return sure.filter(({ need }) => isWide(need) || !addsPlaces(need.requestId));
};

/** Whether a request has more places once its needs go to these blocks instead of those that the plan gave them first. */
const placesAdded = (
  { paidHosts }: Snapshot,
  first: readonly PlacedNeed[],
  sure: readonly PlacedNeed[],
): ((requestId: string) => boolean) => {
  const goes = new Set(sure.map(({ need }) => need.id));
  const instead = [...first.filter(({ need }) => !goes.has(need.id)), ...sure];
  const places = (requestId: string, blocks: readonly PlacedNeed[]): number =>
    new Set([
      ...paidHosts.filter(([request]) => request === requestId).map(([, host]) => host),
      ...blocks.filter(({ need }) => need.requestId === requestId).map(({ clinic }) => clinic.organisationCode),
    ]).size;
  return (requestId) => places(requestId, instead) > places(requestId, first);
};
