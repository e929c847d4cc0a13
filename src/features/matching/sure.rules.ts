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

/**
 * Firm time for needs that may wait with more than one practice, by their breadth (A2) or because a wait has passed unanswered
 * (A3): where one of those they may be put to has said yes already, they do not wait. Such a need is agreed at once, and
 * whoever it waited with is thanked (O5). The README of cover-plans says what this changed in the simulated rushes.
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
    (need) => need.takesFirm && asksAllowed(need) > 1 && !agreed.has(need.id) && (asked.has(need.id) || isPlaced(need)),
  );
  const clinics = freeBeside(
    snapshot.clinics.filter((clinic) => clinic.isFirm),
    first,
  );
  if (needs.length === 0 || clinics.every((clinic) => clinic.slots.length === 0)) return [];
  const within = new Map(needs.map((need) => [need.id, reach.within(need, rings.get(need.id) ?? need.ring)]));
  const plan = await solve(problemOf(snapshot, { needs, reach: within, clinics, alsoUsed: dayCounts(first) }));
  return blocksOf(plan, needs, clinics, false);
};
