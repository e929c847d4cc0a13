/** Arcs of a network with their residual twins: arc a's twin is a ^ 1. Costs are points, capacities whole numbers. */
export interface Network {
  readonly nodeCount: number;
  readonly from: number[];
  readonly to: number[];
  readonly room: number[];
  readonly cost: number[];
}

export const emptyNetwork = (nodeCount: number): Network => ({ nodeCount, from: [], to: [], room: [], cost: [] });

export const addArc = ({ from, to, room, cost }: Network, tail: number, head: number, most: number, points: number) => {
  from.push(tail, head);
  to.push(head, tail);
  room.push(most, 0);
  cost.push(points, -points);
};

const push = (heap: number[], keys: Float64Array, node: number): void => {
  let at = heap.length;
  heap.push(node);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const other = heap[parent] ?? 0;
    if ((keys[other] ?? 0) <= (keys[node] ?? 0)) break;
    heap[at] = other;
    at = parent;
  }
  heap[at] = node;
};

const pop = (heap: number[], keys: Float64Array): number => {
  const top = heap[0] ?? 0;
  const last = heap.pop() ?? 0;
  if (heap.length === 0) return top;
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    const right = child + 1;
    if (right < heap.length && (keys[heap[right] ?? 0] ?? 0) < (keys[heap[child] ?? 0] ?? 0)) child = right;
    if ((keys[heap[child] ?? 0] ?? 0) >= (keys[last] ?? 0)) break;
    heap[at] = heap[child] ?? 0;
    at = child;
  }
  heap[at] = last;
  return top;
};

/**
 * Successive shortest paths with potentials, from node 0 to node 1, as long as a path costs less than nothing. Arcs must have
 * been added in the order of the layers that they leave, so that one pass finds the first potentials.
 */
export const minCostFlow = (network: Network): void => {
  const { nodeCount } = network;
  const arcCount = network.to.length;
  const from = Int32Array.from(network.from);
  const to = Int32Array.from(network.to);
  const cost = Float64Array.from(network.cost);
  const { room } = network;
  const start = new Int32Array(nodeCount + 1);
  for (const node of from) start[node + 1] = (start[node + 1] ?? 0) + 1;
  for (let node = 0; node < nodeCount; node += 1) start[node + 1] = (start[node + 1] ?? 0) + (start[node] ?? 0);
  const next = start.slice();
  const arcs = new Int32Array(arcCount);
  const potential = new Float64Array(nodeCount).fill(Number.POSITIVE_INFINITY);
  potential[0] = 0;
  for (let arc = 0; arc < arcCount; arc += 1) {
    const tail = from[arc] ?? 0;
    const at = next[tail] ?? 0;
    arcs[at] = arc;
    next[tail] = at + 1;
    const reached = (potential[tail] ?? 0) + (cost[arc] ?? 0);
    if ((room[arc] ?? 0) > 0 && reached < (potential[to[arc] ?? 0] ?? 0)) potential[to[arc] ?? 0] = reached;
  }
  const distance = new Float64Array(nodeCount);
  const by = new Int32Array(nodeCount);
  for (;;) {
    distance.fill(Number.POSITIVE_INFINITY);
    distance[0] = 0;
    const isDone = new Uint8Array(nodeCount);
    const heap: number[] = [];
    push(heap, distance, 0);
    while (heap.length > 0) {
      const node = pop(heap, distance);
      if (isDone[node] === 1) continue;
      isDone[node] = 1;
      for (let at = start[node] ?? 0; at < (start[node + 1] ?? 0); at += 1) {
        const arc = arcs[at] ?? 0;
        const head = to[arc] ?? 0;
        if ((room[arc] ?? 0) <= 0 || isDone[head] === 1) continue;
        const reached =
          (distance[node] ?? 0) + Math.max(0, (cost[arc] ?? 0) + (potential[node] ?? 0) - (potential[head] ?? 0));
        if (reached >= (distance[head] ?? 0)) continue;
        distance[head] = reached;
        by[head] = arc;
        push(heap, distance, head);
      }
    }
    const far = distance[1] ?? 0;
    if (!Number.isFinite(far)) return;
    for (let node = 0; node < nodeCount; node += 1)
      potential[node] = (potential[node] ?? 0) + Math.min(far, distance[node] ?? 0);
    if ((potential[1] ?? 0) - (potential[0] ?? 0) >= 0) return;
    for (let node = 1; node !== 0; node = from[by[node] ?? 0] ?? 0) {
      const arc = by[node] ?? 0;
      room[arc] = (room[arc] ?? 0) - 1;
      room[arc ^ 1] = (room[arc ^ 1] ?? 0) + 1;
    }
  }
};
