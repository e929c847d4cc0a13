/** Needs by distance, nearest first: a binary heap that knows where each need is, so that a distance can fall. */
export interface NearestFirst {
  readonly distance: Float64Array;
  /** 0 unseen, 1 waiting, 2 taken out. */
  readonly mark: Uint8Array;
  /** How many wait. */
  count: number;
  readonly heap: Int32Array;
  readonly placeOf: Int32Array;
  /** Everything that is marked. */
  seenCount: number;
  readonly seen: Int32Array;
}

export const nearestFirst = (needCount: number): NearestFirst => ({
  distance: new Float64Array(needCount),
  mark: new Uint8Array(needCount),
  count: 0,
  heap: new Int32Array(needCount),
  placeOf: new Int32Array(needCount),
  seenCount: 0,
  seen: new Int32Array(needCount),
});

const siftUp = ({ heap, placeOf, distance }: NearestFirst, need: number, from: number, key: number): void => {
  let at = from;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const other = heap[parent] ?? 0;
    if ((distance[other] ?? 0) <= key) break;
    heap[at] = other;
    placeOf[other] = at;
    at = parent;
  }
  heap[at] = need;
  placeOf[need] = at;
};

/** Adds a need that is unseen. */
export const push = (queue: NearestFirst, need: number, distance: number): void => {
  queue.distance[need] = distance;
  queue.mark[need] = 1;
  queue.seen[queue.seenCount] = need;
  queue.seenCount += 1;
  queue.count += 1;
  siftUp(queue, need, queue.count - 1, distance);
};

/** Brings a waiting need nearer. */
export const raise = (queue: NearestFirst, need: number, distance: number): void => {
  queue.distance[need] = distance;
  siftUp(queue, need, queue.placeOf[need] ?? 0, distance);
};

/** Takes the nearest out; one must wait. */
export const popNearest = (queue: NearestFirst): number => {
  const { heap, distance, placeOf, mark } = queue;
  const top = heap[0] ?? 0;
  mark[top] = 2;
  const count = queue.count - 1;
  queue.count = count;
  if (count === 0) return top;
  const last = heap[count] ?? 0;
  const key = distance[last] ?? 0;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= count) break;
    let other = heap[child] ?? 0;
    if (child + 1 < count && (distance[heap[child + 1] ?? 0] ?? 0) < (distance[other] ?? 0)) {
      child += 1;
      other = heap[child] ?? 0;
    }
    if ((distance[other] ?? 0) >= key) break;
    heap[at] = other;
    placeOf[other] = at;
    at = child;
  }
  heap[at] = last;
  placeOf[last] = at;
  return top;
};

/** Forgets every need. */
export const clear = (queue: NearestFirst): void => {
  for (let at = 0; at < queue.seenCount; at += 1) queue.mark[queue.seen[at] ?? 0] = 0;
  queue.seenCount = 0;
  queue.count = 0;
};
