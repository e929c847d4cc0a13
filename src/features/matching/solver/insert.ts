import type { Model } from "./model.ts";
import type { Random } from "./random.ts";
import { chargeNow, freeBlock, lastFreeBlock, place, type State } from "./state.ts";

/** Counts the work done, so that a budget is a number of steps (rule M4). One step is one edge looked at. */
export interface Meter {
  steps: number;
}

/** How one move bends the choice of places, so that the search leaves where always taking the cheapest would keep it. */
export interface Taste {
  /** Probability of overlooking an edge (a "blink"). */
  blink: number;
  /** Part of the charges that counts: less makes spreading cheap, more makes gathering cheap. */
  share: number;
  /** A pair (request, practice) that is closed; −1 is none. */
  avoid: number;
  /** Probability of the last free block of an edge instead of the first. */
  late: number;
  /** Whether what a block is worth to others counts too (prices.ts), and a need stays out that is not worth its block. */
  isTolled: boolean;
}

/** Always the cheapest. */
export const PLAIN: Readonly<Taste> = { blink: 0, share: 1, avoid: -1, late: 0, isTolled: false };

/** How many points less than its toll a need may be worth and still get a block: prices are not exact. */
const LENIENCE = 25;

/**
 * Puts a need on its cheapest free block, charges included, if it has one. Edges are in order of their least cost, so the
 * search stops at the first that cannot be better.
 */
export const insertCheapest = (
  state: State,
  need: number,
  meter: Meter,
  random: Random,
  taste: Readonly<Taste>,
): boolean => {
  const { model, tolls } = state;
  const { edgeLeast, edgePair, edgeCost, slotTime } = model;
  const { blink, share, avoid, late, isTolled } = taste;
  const first = model.edgeStart[need] ?? 0;
  const end = model.edgeStart[need + 1] ?? 0;
  let best = Number.POSITIVE_INFINITY;
  let bestEdge = -1;
  let bestSlot = -1;
  let edge = first;
  for (; edge < end; edge += 1) {
    const least = edgeLeast[edge] ?? 0;
    if (least >= best) break;
    if (edgePair[edge] === avoid) continue;
    const extra = share * chargeNow(state, edge) + (isTolled ? (tolls[edge] ?? 0) : 0);
    if (least + extra >= best || (blink > 0 && random.unit() < blink)) continue;
    const slot = late > 0 && random.unit() < late ? lastFreeBlock(state, edge) : freeBlock(state, edge);
    if (slot < 0) continue;
    const cost = (edgeCost[edge] ?? 0) + (slotTime[slot] ?? 0) + extra;
    if (cost < best) {
      best = cost;
      bestEdge = edge;
      bestSlot = slot;
    }
  }
  meter.steps += edge - first + 1;
  if (bestEdge < 0 || (isTolled && best > (model.value[need] ?? 0) + LENIENCE)) return false;
  place(state, need, bestEdge, bestSlot);
  return true;
};

/** Heaviest first, then those with fewest edges, then by id: a start that any search can only improve. */
export const greedyOrder = (model: Model): number[] =>
  Array.from({ length: model.needCount }, (_, need) => need).sort(
    (a, b) => (model.weight[b] ?? 0) - (model.weight[a] ?? 0) || edgesOf(model, a) - edgesOf(model, b) || a - b,
  );

const edgesOf = (model: Model, need: number): number => (model.edgeStart[need + 1] ?? 0) - (model.edgeStart[need] ?? 0);
