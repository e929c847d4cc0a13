import type { Catalogue } from "./catalogue.ts";
import { valueOf, weightOf } from "./cost.ts";
import { draftEdges } from "./edges.ts";
import { layOut } from "./layout.ts";
import type { ProblemSlot } from "./problem.ts";

/*
 * The snapshot as typed arrays. Two facts make it small. A block costs A(need, host) + half a point for each day until
 * its start, so an *edge* (need, run of adjacent slots) stands for all its blocks. And a run's slots are numbered in order,
 * so the block that starts at slot s is s, s+1 … s+length−1.
 */
export interface Model {
  readonly needCount: number;
  readonly slotCount: number;
  /** Points for covering each need. */
  readonly value: Float64Array;
  readonly weight: Float64Array;
  /** Index of each need's request. */
  readonly requestOf: Int32Array;
  /** Edges of need i are `edgeStart[i] … edgeStart[i+1]−1`, cheapest first. */
  readonly edgeStart: Int32Array;
  readonly edgeFirst: Int32Array;
  readonly edgeLast: Int32Array;
  readonly edgeLength: Int32Array;
  readonly edgeHost: Int32Array;
  readonly edgeRun: Int32Array;
  /** Cost of a block of this edge is `edgeCost + slotTime[its first slot]`. */
  readonly edgeCost: Float64Array;
  /** The cheapest block of the edge. */
  readonly edgeLeast: Float64Array;
  /** The pair (request, host) and the pair (course, host), −1 without a course. */
  readonly edgePair: Int32Array;
  readonly edgeCoursePair: Int32Array;
  readonly slotTime: Float64Array;
  readonly slotRun: Int32Array;
  /** Index of (host, UTC day): where daily caps bite. */
  readonly slotDay: Int32Array;
  /** Needs that each (host, day) still takes. */
  readonly dayRoom: Int32Array;
  /** The slots of a (host, day) lie in `dayFirst … dayEnd − 1`, among others of the same host. */
  readonly dayFirst: Int32Array;
  readonly dayEnd: Int32Array;
  readonly runStart: Int32Array;
  /** Points for the first use of each pair: 6, 8, or 0 where it is paid already. */
  readonly pairCharge: Float64Array;
  readonly blockCount: number;
  readonly slots: readonly ProblemSlot[];
  readonly slotHost: Int32Array;
}

const inOrder = <T extends Int32Array | Float64Array>(
  to: T,
  column: readonly number[],
  order: readonly number[],
): T => {
  let at = 0;
  for (const row of order) {
    to[at] = column[row] ?? 0;
    at += 1;
  }
  return to;
};

/** Compiles a catalogue. Work and memory grow with needs × practices and with the edges found. */
export const compile = (catalogue: Catalogue): Model => {
  const { needs } = catalogue;
  const layout = layOut(catalogue);
  const { table, order, edgeStart, charges, blockCount } = draftEdges(catalogue, layout);
  const requests = new Map<string, number>();
  const requestOf = new Int32Array(needs.length);
  const weight = new Float64Array(needs.length);
  for (const [at, { need, request }] of needs.entries()) {
    if (!requests.has(request.id)) requests.set(request.id, requests.size);
    requestOf[at] = requests.get(request.id) ?? 0;
    weight[at] = weightOf(need, request);
  }
  const ints = (column: readonly number[]): Int32Array => inOrder(new Int32Array(order.length), column, order);
  const points = (column: readonly number[]): Float64Array => inOrder(new Float64Array(order.length), column, order);
  return {
    edgeFirst: ints(table.first),
    edgeLast: ints(table.last),
    edgeLength: ints(table.length),
    edgeHost: ints(table.host),
    edgeRun: ints(table.run),
    edgePair: ints(table.pair),
    edgeCoursePair: ints(table.coursePair),
    edgeCost: points(table.cost),
    edgeLeast: points(table.least),
    needCount: needs.length,
    slotCount: layout.slots.length,
    value: weight.map(valueOf),
    weight,
    requestOf,
    edgeStart,
    slotTime: layout.slotTime,
    slotRun: layout.slotRun,
    slotDay: layout.slotDay,
    dayRoom: layout.dayRoom,
    dayFirst: layout.dayFirst,
    dayEnd: layout.dayEnd,
    runStart: layout.runStart,
    pairCharge: Float64Array.from(charges),
    blockCount,
    slots: layout.slots,
    slotHost: layout.slotHost,
  };
};
