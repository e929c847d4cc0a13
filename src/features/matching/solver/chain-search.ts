import type { Model } from "./model.ts";

/* What a search for an ejection chain (chain.ts) holds: the needs in hand, and a heap of those still to be looked at. */

export interface ChainSearch {
  /** For each need: loss so far when it is in hand, the need that displaced it, and where that one went. */
  readonly distance: Float64Array;
  /** The least that a need in hand can still lose: its cheapest block, or being left out. */
  readonly floor: Float64Array;
  /** The same with what its block costs others (prices.ts): about what it will lose. */
  readonly hope: Float64Array;
  /** Distance and hope together: the most promising need goes first. */
  readonly key: Float64Array;
  readonly before: Int32Array;
  readonly takesEdge: Int32Array;
  readonly takesSlot: Int32Array;
  /** 0 unseen, 1 in the heap, 2 settled. */
  readonly mark: Uint8Array;
  readonly seen: number[];
  /** Needs in hand, least key on top, and where each is. */
  readonly heap: number[];
  readonly heapAt: Int32Array;
}

/** The least loss of each need: its cheapest block, what that costs others included, or being left out. */
const leastLoss = ({ value, edgeStart, edgeLeast }: Model, tolls?: Float64Array): Float64Array =>
  value.map((worth, need) => {
    let least = worth;
    for (let edge = edgeStart[need] ?? 0; edge < (edgeStart[need + 1] ?? 0); edge += 1) {
      if ((edgeLeast[edge] ?? 0) >= least) break;
      least = Math.min(least, (edgeLeast[edge] ?? 0) + (tolls?.[edge] ?? 0));
    }
    return least;
  });

/** Lets chains be searched where prices say that they will end soonest. */
export const aimChains = ({ hope }: ChainSearch, model: Model, tolls: Float64Array): void => {
  hope.set(leastLoss(model, tolls));
};

export const chainSearch = (model: Model): ChainSearch => ({
  distance: new Float64Array(model.needCount),
  floor: leastLoss(model),
  hope: leastLoss(model),
  key: new Float64Array(model.needCount),
  before: new Int32Array(model.needCount),
  takesEdge: new Int32Array(model.needCount),
  takesSlot: new Int32Array(model.needCount),
  mark: new Uint8Array(model.needCount),
  seen: [],
  heap: [],
  heapAt: new Int32Array(model.needCount),
});

const siftUp = ({ heap, heapAt, key }: ChainSearch, from: number): void => {
  let at = from;
  const need = heap[at] ?? 0;
  const own = key[need] ?? 0;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const other = heap[parent] ?? 0;
    if ((key[other] ?? 0) <= own) break;
    heap[at] = other;
    heapAt[other] = at;
    at = parent;
  }
  heap[at] = need;
  heapAt[need] = at;
};

export const popNearest = ({ heap, heapAt, key }: ChainSearch): number => {
  const top = heap[0] ?? 0;
  const last = heap.pop() ?? 0;
  if (heap.length === 0) return top;
  const own = key[last] ?? 0;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    const right = child + 1;
    if (right < heap.length && (key[heap[right] ?? 0] ?? 0) < (key[heap[child] ?? 0] ?? 0)) child = right;
    const other = heap[child] ?? 0;
    if ((key[other] ?? 0) >= own) break;
    heap[at] = other;
    heapAt[other] = at;
    at = child;
  }
  heap[at] = last;
  heapAt[last] = at;
  return top;
};

/** Takes `need` in hand at `distance`, unless it was there for less. */
export const reach = (
  search: ChainSearch,
  need: number,
  distance: number,
  before: number,
  edge: number,
  slot: number,
): void => {
  const key = distance + (search.hope[need] ?? 0);
  const mark = search.mark[need] ?? 0;
  if (mark === 2 || (mark === 1 && (search.key[need] ?? 0) <= key)) return;
  search.distance[need] = distance;
  search.key[need] = key;
  search.before[need] = before;
  search.takesEdge[need] = edge;
  search.takesSlot[need] = slot;
  if (mark === 0) {
    search.mark[need] = 1;
    search.seen.push(need);
    search.heap.push(need);
    siftUp(search, search.heap.length - 1);
  } else siftUp(search, search.heapAt[need] ?? 0);
};
