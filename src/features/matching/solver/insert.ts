import type { Model } from "./model.ts";
import type { Random } from "./random.ts";
import { chargeNow, freeBlock, place, type State } from "./state.ts";

/** Counts the work done, so that a budget is a number of steps (rule M4). One step is one edge looked at. */
export interface Meter {
  steps: number;
}

/**
 * Puts a need on its cheapest free block, charges included, if it has one. Edges are in order of their least cost, so the
 * search stops at the first that cannot be better. With probability `blink` an edge is overlooked, which lets a
 * search leave the places where always taking the best would keep it; 0 never does.
 */
export const insertCheapest = (state: State, need: number, meter: Meter, random: Random, blink: number): boolean => {
  const { model } = state;
  const end = model.edgeStart[need + 1] ?? 0;
  let best = Number.POSITIVE_INFINITY;
  let bestEdge = -1;
  let bestSlot = -1;
  for (let edge = model.edgeStart[need] ?? 0; edge < end; edge += 1) {
    meter.steps += 1;
    const least = model.edgeLeast[edge] ?? 0;
    if (least >= best) break;
    const charge = chargeNow(state, edge);
    if (least + charge >= best || (blink > 0 && random.unit() < blink)) continue;
    const slot = freeBlock(state, edge);
    if (slot < 0) continue;
    const cost = (model.edgeCost[edge] ?? 0) + (model.slotTime[slot] ?? 0) + charge;
    if (cost < best) {
      best = cost;
      bestEdge = edge;
      bestSlot = slot;
    }
  }
  if (bestEdge < 0) return false;
  place(state, need, bestEdge, bestSlot);
  return true;
};

/** Heaviest first, then those with fewest edges, then by id: a start that any search can only improve. */
export const greedyOrder = (model: Model): number[] =>
  Array.from({ length: model.needCount }, (_, need) => need).sort(
    (a, b) => (model.weight[b] ?? 0) - (model.weight[a] ?? 0) || edgesOf(model, a) - edgesOf(model, b) || a - b,
  );

const edgesOf = (model: Model, need: number): number => (model.edgeStart[need + 1] ?? 0) - (model.edgeStart[need] ?? 0);
