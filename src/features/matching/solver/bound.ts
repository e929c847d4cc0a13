import type { State } from "./state.ts";

/** Share of the costs that a plan may lie above what is possible at all without being searched further. */
const CLOSE_ENOUGH = 0.001;

/**
 * Whether the plan as it stands covers every need that has a block, at a cost that no plan could undercut by more than a
 * thousandth: each need on its own cheapest block, and each request that must pay for a place paying for one. Most live
 * plans are a few needs that find a place next door, and are done here.
 */
export const isCloseEnough = ({ model, edgeOf, loss }: State): boolean => {
  const { needCount, edgeStart, edgeLeast, edgePair, pairCharge, requestOf, value } = model;
  const leastCharge = new Map<number, number>();
  let bound = 0;
  let covered = 0;
  for (let need = 0; need < needCount; need += 1) {
    const first = edgeStart[need] ?? 0;
    const end = edgeStart[need + 1] ?? 0;
    if (first === end) continue;
    if ((edgeOf[need] ?? -1) < 0) return false;
    const request = requestOf[need] ?? 0;
    let least = Number.POSITIVE_INFINITY;
    let charge = leastCharge.get(request) ?? Number.POSITIVE_INFINITY;
    for (let edge = first; edge < end; edge += 1) {
      least = Math.min(least, edgeLeast[edge] ?? 0);
      charge = Math.min(charge, pairCharge[edgePair[edge] ?? 0] ?? 0);
    }
    leastCharge.set(request, charge);
    bound += least - (value[need] ?? 0);
    covered += value[need] ?? 0;
  }
  for (const charge of leastCharge.values()) bound += charge;
  return loss - bound <= CLOSE_ENOUGH * (loss + covered);
};
