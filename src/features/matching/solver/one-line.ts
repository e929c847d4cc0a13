import type { Model } from "./model.ts";
import { emptyState, freeBlock, place, type State } from "./state.ts";

/*
 * Nearly every live plan is about one line: some needs of one request that ask for the same. Where each of them sits does not
 * matter, only how many go to each practice: the cheapest blocks of a practice, and one charge for the place. So the best
 * plan is found exactly, practice by practice, and nothing need be searched. Measured on the posts of the benchmark, one
 * in nine of such plans was searched before, which took 2 to 12 ms instead of 0.2.
 */

/** What one more need at a practice costs, first the cheapest block; an edge twice stands for its second block. */
interface Offered {
  readonly charge: number;
  readonly blocks: readonly { readonly edge: number; readonly cost: number }[];
}

const sameEdges = (model: Model, one: number, other: number): boolean => {
  const { edgeStart, edgeFirst, edgeLast, edgeLength, edgePair, edgeCost } = model;
  const from = edgeStart[one] ?? 0;
  const step = (edgeStart[other] ?? 0) - from;
  const end = edgeStart[one + 1] ?? 0;
  if ((edgeStart[other + 1] ?? 0) - step !== end) return false;
  for (let edge = from; edge < end; edge += 1) {
    if (edgeFirst[edge] !== edgeFirst[edge + step] || edgeLast[edge] !== edgeLast[edge + step]) return false;
    if (edgeLength[edge] !== edgeLength[edge + step] || edgePair[edge] !== edgePair[edge + step]) return false;
    if (edgeCost[edge] !== edgeCost[edge + step]) return false;
  }
  return true;
};

/** Whether all needs ask for the same, and no daily cap or course stands between them. */
const isOneLine = (model: Model): boolean => {
  const { needCount, edgeStart, edgeCoursePair, edgeFirst, edgeLast, slotDay, dayRoom, weight, requestOf } = model;
  for (let need = 1; need < needCount; need += 1) {
    if (requestOf[need] !== requestOf[0] || weight[need] !== weight[0] || !sameEdges(model, 0, need)) return false;
  }
  const end = edgeStart[1] ?? 0;
  for (let edge = 0; edge < end; edge += 1) {
    if ((edgeCoursePair[edge] ?? -1) >= 0) return false;
    // Days ascend within a run.
    for (let day = slotDay[edgeFirst[edge] ?? 0] ?? 0; day <= (slotDay[edgeLast[edge] ?? 0] ?? 0); day += 1)
      if ((dayRoom[day] ?? 0) < needCount) return false;
  }
  return true;
};

/** Per practice that has blocks, in the order of practices. Blocks of equal length packed from the first on begin soonest. */
const offeredBy = ({ needCount, edgeStart, edgePair, ...model }: Model): Offered[] => {
  const blocksOf = new Map<number, { edge: number; cost: number }[]>();
  const end = edgeStart[1] ?? 0;
  for (let edge = 0; edge < end; edge += 1) {
    const pair = edgePair[edge] ?? 0;
    const blocks = blocksOf.get(pair) ?? [];
    blocksOf.set(pair, blocks);
    const length = model.edgeLength[edge] ?? 1;
    let slot = model.edgeFirst[edge] ?? 0;
    for (let n = 0; n < needCount && slot <= (model.edgeLast[edge] ?? 0); n += 1, slot += length)
      blocks.push({ edge, cost: (model.edgeCost[edge] ?? 0) + (model.slotTime[slot] ?? 0) });
  }
  return [...blocksOf]
    .sort(([left], [right]) => left - right)
    .map(([pair, blocks]) => ({
      charge: model.pairCharge[pair] ?? 0,
      blocks: blocks.sort((left, right) => left.cost - right.cost || left.edge - right.edge).slice(0, needCount),
    }));
};

/** The edges that so many needs take at each practice, cheapest first: as many needs as fit, at the least cost. */
const cheapestEdges = (offered: readonly Offered[], needCount: number): number[] => {
  // The least cost of n needs at the practices so far; and how many of n go to each.
  let least = new Float64Array(needCount + 1).fill(Number.POSITIVE_INFINITY);
  least[0] = 0;
  const shares = offered.map(({ charge, blocks }) => {
    const next = least.slice();
    const share = new Int32Array(needCount + 1);
    let cost = charge;
    for (const [at, block] of blocks.entries()) {
      cost += block.cost;
      for (let n = at + 1; n <= needCount; n += 1) {
        const total = (least[n - at - 1] ?? 0) + cost;
        if (total >= (next[n] ?? 0)) continue;
        next[n] = total;
        share[n] = at + 1;
      }
    }
    least = next;
    return share;
  });
  let left = needCount;
  while (!Number.isFinite(least[left])) left -= 1;
  const taken: { readonly edge: number; readonly cost: number }[] = [];
  for (const [at, { blocks }] of [...offered.entries()].reverse()) {
    const share = shares[at]?.[left] ?? 0;
    taken.push(...blocks.slice(0, share));
    left -= share;
  }
  return taken.sort((one, other) => one.cost - other.cost || one.edge - other.edge).map(({ edge }) => edge);
};

/** The best plan where all needs are of one line; undefined where they are not, or it takes a search. Earlier needs get the cheaper blocks. */
export const planOneLine = (model: Model): State | undefined => {
  if (!isOneLine(model)) return undefined;
  const state = emptyState(model);
  const first = model.edgeStart[0] ?? 0;
  for (const [need, edge] of cheapestEdges(offeredBy(model), model.needCount).entries()) {
    const mine = edge - first + (model.edgeStart[need] ?? 0);
    const slot = freeBlock(state, mine);
    // Times that are ruled out for the line can leave two edges in one run whose blocks overlap.
    if (slot < 0) return undefined;
    place(state, need, mine, slot);
  }
  return state;
};
