import type { Meter } from "./insert.ts";
import { note, type Journal } from "./journal.ts";
import type { Model } from "./model.ts";
import { chargeNow, place, remove, type State } from "./state.ts";

/*
 * Ejection chains: a need that finds no free block takes another's, which takes a third one's, and so on, until one finds
 * a free block or the lightest of them is left out. The cheapest chain is searched as a shortest path over needs; charges
 * are taken as they stand before the chain, so what is found is applied, measured exactly, and judged by the caller.
 */

export interface ChainSearch {
  /** For each need: loss so far when it is in hand, the need that displaced it, and where that one went. */
  readonly distance: Float64Array;
  /** The least that a need in hand still loses: its cheapest block, or being left out. */
  readonly floor: Float64Array;
  readonly before: Int32Array;
  readonly takesEdge: Int32Array;
  readonly takesSlot: Int32Array;
  /** 0 unseen, 1 in the heap, 2 settled. */
  readonly mark: Uint8Array;
  readonly seen: number[];
  readonly heap: number[];
}

export const chainSearch = (model: Model): ChainSearch => ({
  distance: new Float64Array(model.needCount),
  floor: model.value.map((worth, need) => {
    const first = model.edgeStart[need] ?? 0;
    return first === model.edgeStart[need + 1] ? worth : Math.min(worth, model.edgeLeast[first] ?? 0);
  }),
  before: new Int32Array(model.needCount),
  takesEdge: new Int32Array(model.needCount),
  takesSlot: new Int32Array(model.needCount),
  mark: new Uint8Array(model.needCount),
  seen: [],
  heap: [],
});

const siftUp = ({ heap, distance }: ChainSearch, from: number): void => {
  let at = from;
  const need = heap[at] ?? 0;
  const key = distance[need] ?? 0;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const other = heap[parent] ?? 0;
    if ((distance[other] ?? 0) <= key) break;
    heap[at] = other;
    at = parent;
  }
  heap[at] = need;
};

const popNearest = (search: ChainSearch): number => {
  const { heap, distance } = search;
  const top = heap[0] ?? 0;
  const last = heap.pop() ?? 0;
  if (heap.length === 0) return top;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    const right = child + 1;
    if (right < heap.length && (distance[heap[right] ?? 0] ?? 0) < (distance[heap[child] ?? 0] ?? 0)) child = right;
    if ((distance[heap[child] ?? 0] ?? 0) >= (distance[last] ?? 0)) break;
    heap[at] = heap[child] ?? 0;
    at = child;
  }
  heap[at] = last;
  return top;
};

const reach = (
  search: ChainSearch,
  need: number,
  distance: number,
  before: number,
  edge: number,
  slot: number,
): void => {
  const mark = search.mark[need] ?? 0;
  if (mark === 2 || (mark === 1 && (search.distance[need] ?? 0) <= distance)) return;
  search.distance[need] = distance;
  search.before[need] = before;
  search.takesEdge[need] = edge;
  search.takesSlot[need] = slot;
  if (mark === 0) {
    search.mark[need] = 1;
    search.seen.push(need);
    search.heap.push(need);
    siftUp(search, search.heap.length - 1);
  } else siftUp(search, search.heap.indexOf(need));
};

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

interface End {
  loss: number;
  need: number;
  edge: number;
  slot: number;
}

/** Looks at every block of a need in hand: free ones end the chain, those of one other need lengthen it. */
const extend = (state: State, search: ChainSearch, need: number, end: End, meter: Meter): void => {
  const { model, takenBy, roomLeft } = state;
  const distance = search.distance[need] ?? 0;
  const edgeEnd = model.edgeStart[need + 1] ?? 0;
  const displace = (other: number, cost: number, edge: number, slot: number): void => {
    const next = cost - refund(state, other);
    if (next + (search.floor[other] ?? 0) < end.loss) reach(search, other, next, need, edge, slot);
  };
  for (let edge = model.edgeStart[need] ?? 0; edge < edgeEnd; edge += 1) {
    const length = model.edgeLength[edge] ?? 0;
    const base = distance + (model.edgeCost[edge] ?? 0) + chargeNow(state, edge);
    const last = model.edgeLast[edge] ?? 0;
    meter.steps += 1;
    for (let slot = model.edgeFirst[edge] ?? 0; slot <= last; slot += 1) {
      let other = -1;
      let clashes = 0;
      for (let at = slot; at < slot + length; at += 1) {
        const taker = takenBy[at] ?? -1;
        if (taker >= 0 && taker !== other) {
          other = taker;
          clashes += 1;
        }
      }
      if (clashes > 1) continue;
      const cost = base + (model.slotTime[slot] ?? 0);
      const day = model.slotDay[slot] ?? 0;
      const hasRoom = (roomLeft[day] ?? 0) > 0;
      if (clashes === 0) {
        if (hasRoom) {
          if (cost < end.loss) {
            end.loss = cost;
            end.need = need;
            end.edge = edge;
            end.slot = slot;
          }
          break;
        }
        for (let at = model.dayFirst[day] ?? 0; at < (model.dayEnd[day] ?? 0); at += 1) {
          const taker = takenBy[at] ?? -1;
          if (taker >= 0 && model.slotDay[state.startOf[taker] ?? 0] === day) {
            displace(taker, cost, edge, slot);
          }
        }
      } else if (other !== need && (hasRoom || model.slotDay[state.startOf[other] ?? 0] === day)) {
        displace(other, cost, edge, slot);
      }
    }
  }
};

const apply = (state: State, search: ChainSearch, end: End, journal: Journal): boolean => {
  const needs: number[] = [];
  const edges: number[] = [];
  const slots: number[] = [];
  let need = end.need;
  let edge = end.edge;
  let slot = end.slot;
  while (need >= 0) {
    needs.push(need);
    edges.push(edge);
    slots.push(slot);
    edge = search.takesEdge[need] ?? -1;
    slot = search.takesSlot[need] ?? -1;
    need = search.before[need] ?? -1;
  }
  for (const moved of needs) {
    note(journal, state, moved);
    if ((state.edgeOf[moved] ?? -1) >= 0) remove(state, moved);
  }
  const { model, takenBy, roomLeft } = state;
  for (let at = 0; at < needs.length; at += 1) {
    const edge = edges[at] ?? -1;
    const slot = slots[at] ?? -1;
    if (edge < 0) continue;
    if ((roomLeft[model.slotDay[slot] ?? 0] ?? 0) <= 0) return false;
    for (let part = slot; part < slot + (model.edgeLength[edge] ?? 0); part += 1) {
      if ((takenBy[part] ?? -1) >= 0) return false;
    }
    place(state, needs[at] ?? 0, edge, slot);
  }
  return true;
};

/**
 * Brings an unplaced need in by the cheapest chain found, if one loses less than leaving it out. `limit` is the most needs
 * taken in hand. Notes every change; false may leave a half-made chain, which the caller rolls back.
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
  const { model } = state;
  const end: End = { loss: (model.value[source] ?? 0) + allowance, need: -1, edge: -1, slot: -1 };
  search.distance[source] = 0;
  search.before[source] = -1;
  search.takesEdge[source] = -1;
  search.takesSlot[source] = -1;
  search.mark[source] = 1;
  search.seen.push(source);
  search.heap.push(source);
  for (let settled = 0; settled < limit && search.heap.length > 0; settled += 1) {
    const need = popNearest(search);
    const distance = search.distance[need] ?? 0;
    search.mark[need] = 2;
    if (distance + (search.floor[need] ?? 0) >= end.loss) continue;
    if (need !== source && distance + (model.value[need] ?? 0) < end.loss) {
      end.loss = distance + (model.value[need] ?? 0);
      end.need = need;
      end.edge = -1;
      end.slot = -1;
    }
    extend(state, search, need, end, meter);
  }
  const isDone = end.need < 0 || apply(state, search, end, journal);
  for (const need of search.seen) search.mark[need] = 0;
  search.seen.length = 0;
  search.heap.length = 0;
  return isDone;
};
