import type { Meter } from "./insert.ts";
import { note, type Journal } from "./journal.ts";
import type { Model } from "./model.ts";
import { clear, nearestFirst, popNearest, push, raise, type NearestFirst } from "./nearest-first.ts";
import { chargeNow, place, remove, type State } from "./state.ts";

/*
 * Ejection chains: a need that finds no free block takes another's, which takes a third one's, and so on, until one finds
 * a free block or the lightest of them is left out. The cheapest chain is searched as a shortest path over needs; charges
 * are taken as they stand before the chain, so what is found is applied, measured exactly, and judged by the caller.
 */

/** How the best chain found so far ends: what it loses, and where its last need goes (no edge: it is left out). */
interface End {
  loss: number;
  need: number;
  edge: number;
  slot: number;
}

export interface ChainSearch {
  /** Needs in hand, by what is lost until then. */
  readonly inHand: NearestFirst;
  /** The least that a need in hand still loses: its cheapest block, or being left out. */
  readonly floor: Float64Array;
  /** For each need in hand, the need that displaced it, and where that one went. */
  readonly before: Int32Array;
  readonly takesEdge: Int32Array;
  readonly takesSlot: Int32Array;
  readonly end: End;
  /** Scratch: the chain that is applied, last need first, and what each of them leaves. */
  readonly needs: Int32Array;
  readonly edges: Int32Array;
  readonly slots: Int32Array;
  readonly leavesEdge: Int32Array;
  readonly leavesSlot: Int32Array;
}

export const chainSearch = (model: Model): ChainSearch => ({
  inHand: nearestFirst(model.needCount),
  floor: model.value.map((worth, need) => {
    const first = model.edgeStart[need] ?? 0;
    return first === model.edgeStart[need + 1] ? worth : Math.min(worth, model.edgeLeast[first] ?? 0);
  }),
  before: new Int32Array(model.needCount),
  takesEdge: new Int32Array(model.needCount),
  takesSlot: new Int32Array(model.needCount),
  end: { loss: 0, need: -1, edge: -1, slot: -1 },
  needs: new Int32Array(model.needCount),
  edges: new Int32Array(model.needCount),
  slots: new Int32Array(model.needCount),
  leavesEdge: new Int32Array(model.needCount),
  leavesSlot: new Int32Array(model.needCount),
});

/** What leaving its block gives back, with the charges that nobody else keeps alive. */
const refund = (state: State, need: number): number => {
  const { model, pairUse } = state;
  const edge = state.edgeOf[need] ?? 0;
  const pair = model.edgePair[edge] ?? 0;
  const coursePair = model.edgeCoursePair[edge] ?? -1;
  return (
    (model.edgeCost[edge] ?? 0) +
    (model.slotTime[state.startOf[need] ?? 0] ?? 0) +
    (pairUse[pair] === 1 ? (model.pairCharge[pair] ?? 0) : 0) +
    (coursePair >= 0 && pairUse[coursePair] === 1 ? (model.pairCharge[coursePair] ?? 0) : 0)
  );
};

/** `need` takes the block at `slot` from `other`, which is then in hand. */
const displace = (
  state: State,
  search: ChainSearch,
  other: number,
  cost: number,
  need: number,
  edge: number,
  slot: number,
): void => {
  const { inHand, floor, before, takesEdge, takesSlot, end } = search;
  const mark = inHand.mark[other] ?? 0;
  if (mark === 2) return;
  const distance = cost - refund(state, other);
  if (distance + (floor[other] ?? 0) >= end.loss) return;
  if (mark === 1 && (inHand.distance[other] ?? 0) <= distance) return;
  before[other] = need;
  takesEdge[other] = edge;
  takesSlot[other] = slot;
  if (mark === 0) push(inHand, other, distance);
  else raise(inHand, other, distance);
};

/** Everybody who comes on a full day makes room for the block at `slot`. */
const displaceFromDay = (
  state: State,
  search: ChainSearch,
  cost: number,
  need: number,
  edge: number,
  slot: number,
): void => {
  const { model, takenBy, startOf } = state;
  const day = model.slotDay[slot] ?? 0;
  const dayEnd = model.dayEnd[day] ?? 0;
  for (let at = model.dayFirst[day] ?? 0; at < dayEnd; at += 1) {
    const taker = takenBy[at] ?? -1;
    if (taker >= 0 && model.slotDay[startOf[taker] ?? 0] === day)
      displace(state, search, taker, cost, need, edge, slot);
  }
};

/** Looks at every block of a need in hand: free ones end the chain, those of one other need lengthen it. */
const extend = (state: State, search: ChainSearch, need: number, meter: Meter): void => {
  const { model, takenBy, roomLeft, startOf } = state;
  const { edgeLength, edgeFirst, edgeLast, edgeCost, slotTime, slotDay } = model;
  const { end } = search;
  const distance = search.inHand.distance[need] ?? 0;
  const edgeEnd = model.edgeStart[need + 1] ?? 0;
  for (let edge = model.edgeStart[need] ?? 0; edge < edgeEnd; edge += 1) {
    const length = edgeLength[edge] ?? 0;
    const base = distance + (edgeCost[edge] ?? 0) + chargeNow(state, edge);
    const last = edgeLast[edge] ?? 0;
    meter.steps += 1;
    for (let slot = edgeFirst[edge] ?? 0; slot <= last; slot += 1) {
      let other = -1;
      let clashes = 0;
      for (let at = slot; at < slot + length; at += 1) {
        const taker = takenBy[at] ?? -1;
        if (taker < 0 || taker === other) continue;
        other = taker;
        clashes += 1;
      }
      if (clashes > 1) continue;
      const cost = base + (slotTime[slot] ?? 0);
      const day = slotDay[slot] ?? 0;
      const hasRoom = (roomLeft[day] ?? 0) > 0;
      if (clashes === 0) {
        if (!hasRoom) displaceFromDay(state, search, cost, need, edge, slot);
        else if (cost < end.loss) {
          end.loss = cost;
          end.need = need;
          end.edge = edge;
          end.slot = slot;
        }
        // Later free blocks of the edge only cost more.
        if (hasRoom) break;
      } else if (other !== need && (hasRoom || slotDay[startOf[other] ?? 0] === day)) {
        displace(state, search, other, cost, need, edge, slot);
      }
    }
  }
};

const isFree = ({ model, takenBy, roomLeft }: State, edge: number, slot: number): boolean => {
  if ((roomLeft[model.slotDay[slot] ?? 0] ?? 0) <= 0) return false;
  const end = slot + (model.edgeLength[edge] ?? 0);
  for (let at = slot; at < end; at += 1) if ((takenBy[at] ?? -1) >= 0) return false;
  return true;
};

/**
 * Makes the chain, source first. A link may take time that an earlier one has taken, which the search does not see: the
 * chain ends there, and whoever is left keeps his place if it is still free. False then.
 */
const apply = (state: State, search: ChainSearch, journal: Journal): boolean => {
  const { end, needs, edges, slots, leavesEdge, leavesSlot } = search;
  let count = 0;
  let need = end.need;
  let edge = end.edge;
  let slot = end.slot;
  while (need >= 0) {
    needs[count] = need;
    edges[count] = edge;
    slots[count] = slot;
    leavesEdge[count] = state.edgeOf[need] ?? -1;
    leavesSlot[count] = state.startOf[need] ?? -1;
    count += 1;
    edge = search.takesEdge[need] ?? -1;
    slot = search.takesSlot[need] ?? -1;
    note(journal, state, need);
    if ((state.edgeOf[need] ?? -1) >= 0) remove(state, need);
    need = search.before[need] ?? -1;
  }
  let isWhole = true;
  for (let at = count - 1; at >= 0; at -= 1) {
    const moved = needs[at] ?? 0;
    const to = edges[at] ?? -1;
    // Left out, as the chain's end.
    if (isWhole && to < 0) break;
    isWhole &&= isFree(state, to, slots[at] ?? 0);
    const from = leavesEdge[at] ?? -1;
    if (isWhole) place(state, moved, to, slots[at] ?? 0);
    else if (from >= 0 && isFree(state, from, leavesSlot[at] ?? 0)) place(state, moved, from, leavesSlot[at] ?? 0);
  }
  return isWhole;
};

/**
 * Brings an unplaced need in by the cheapest chain found, if one loses less than leaving it out. `limit` is the most needs
 * taken in hand. Notes every change, for the caller to measure; false where the chain ended early.
 */
export const insertByChain = (
  state: State,
  search: ChainSearch,
  source: number,
  allowance: number,
  limit: number,
  journal: Journal,
  meter: Meter,
): boolean => {
  const { value } = state.model;
  const { inHand, floor, end } = search;
  end.loss = (value[source] ?? 0) + allowance;
  end.need = -1;
  search.before[source] = -1;
  search.takesEdge[source] = -1;
  search.takesSlot[source] = -1;
  push(inHand, source, 0);
  for (let settled = 0; settled < limit && inHand.count > 0; settled += 1) {
    const need = popNearest(inHand);
    const distance = inHand.distance[need] ?? 0;
    if (distance + (floor[need] ?? 0) >= end.loss) continue;
    if (need !== source && distance + (value[need] ?? 0) < end.loss) {
      end.loss = distance + (value[need] ?? 0);
      end.need = need;
      end.edge = -1;
      end.slot = -1;
    }
    extend(state, search, need, meter);
  }
  clear(inHand);
  return end.need < 0 || apply(state, search, journal);
};
