import type { Random } from "./random.ts";
import type { State } from "./state.ts";

/*
 * Where the next move starts. Most needs sit well at any time, and a move around one of those wins nothing; so several are
 * drawn, and the one that pays most above its cheapest block is the seed.
 */

/** How many are drawn: from three on more is no better. */
const DRAWN = 3;
/** Points: a need that is left out counts as much as one that sits badly, else the same few would be drawn for ever. */
const LEFT_OUT = 12;

/** What a need pays above its cheapest block, its share of what its request pays for the place included. */
const excess = ({ model, edgeOf, startOf, pairUse }: State, need: number): number => {
  const edge = edgeOf[need] ?? -1;
  if (edge < 0) return LEFT_OUT;
  const pair = model.edgePair[edge] ?? 0;
  const paid = (model.edgeCost[edge] ?? 0) + (model.slotTime[startOf[need] ?? 0] ?? 0);
  return (
    paid - (model.edgeLeast[model.edgeStart[need] ?? 0] ?? 0) + (model.pairCharge[pair] ?? 0) / (pairUse[pair] ?? 1)
  );
};

/** Draws a need of `movable`, those that sit badly rather than others. */
export const drawSeed = (state: State, movable: Int32Array, random: Random): number => {
  let seed = movable[random.below(movable.length)] ?? 0;
  let most = excess(state, seed);
  for (let drawn = 1; drawn < DRAWN; drawn += 1) {
    const need = movable[random.below(movable.length)] ?? 0;
    const above = excess(state, need);
    if (above <= most) continue;
    seed = need;
    most = above;
  }
  return seed;
};
