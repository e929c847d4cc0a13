import type { Catalogue } from "./catalogue.ts";
import { COURSE_CHARGE, DAY_MS, pairCost, POINTS_A_DAY, REQUEST_CHARGE, valueOf, weightOf } from "./cost.ts";
import { allowedAt } from "./filters.ts";
import { layOut, usableParts } from "./layout.ts";
import type { Problem, ProblemSlot } from "./problem.ts";

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

/**
 * What a waiting offer's move must gain, in points, unless the snapshot says otherwise: two places fewer, or 8 km by road.
 * Any gain in cover is worth thousands. The place that an offer has is an edge of its own, cheaper by this much.
 */
export const DEFAULT_MOVE_THRESHOLD = 12;

interface EdgeDraft {
  readonly first: number;
  readonly last: number;
  readonly length: number;
  readonly host: number;
  readonly run: number;
  readonly cost: number;
  readonly least: number;
  readonly pair: number;
  readonly coursePair: number;
}

/** Gives the pairs (request, practice) and (course, practice) numbers, and each its charge. */
const pairNumbers = (paidHosts: readonly (readonly [string, string])[]) => {
  const numbers = new Map<string, number>();
  const charges: number[] = [];
  const paid = new Set(paidHosts.map((pair) => JSON.stringify(pair)));
  const numberOf = (key: string, charge: number): number => {
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, charges.length);
    charges.push(charge);
    return charges.length - 1;
  };
  return {
    charges,
    ofRequest: (request: string, host: string): number => {
      const key = JSON.stringify([request, host]);
      return numberOf(key, paid.has(key) ? 0 : REQUEST_CHARGE);
    },
    ofCourse: (request: string, course: string, host: string): number =>
      numberOf(JSON.stringify([request, course, host]), COURSE_CHARGE),
  };
};

/** Where waiting offers hold adjacent slots now, as block in the model's numbering. */
const placesOf = (problem: Problem, slots: readonly ProblemSlot[]) => {
  const numbers = new Map(problem.incumbent === undefined ? [] : slots.map(({ id }, at) => [id, at]));
  const places = new Map<string, { readonly first: number; readonly length: number }>();
  for (const { needId, slotIds } of problem.incumbent ?? []) {
    const held = slotIds.map((id) => numbers.get(id) ?? -1).sort((a, b) => a - b);
    const first = held[0] ?? -1;
    if (first >= 0 && held.every((at, step) => at === first + step)) places.set(needId, { first, length: held.length });
  }
  return places;
};

/** Compiles a catalogue. Work and memory grow with needs × practices and with the edges found. */
export const compile = (catalogue: Catalogue): Model => {
  const { problem, hosts, needs } = catalogue;
  const layout = layOut(catalogue);
  const pairs = pairNumbers(problem.paidHosts);
  const requests = new Map<string, number>();
  const edges: EdgeDraft[] = [];
  const edgeStart = new Int32Array(needs.length + 1);
  const staying = placesOf(problem, layout.slots);
  const moveThreshold = problem.moveThreshold ?? DEFAULT_MOVE_THRESHOLD;
  let blockCount = 0;
  for (const [needAt, entry] of needs.entries()) {
    const { need, request, home } = entry;
    if (!requests.has(request.id)) requests.set(request.id, requests.size);
    const mine: EdgeDraft[] = [];
    const stays = staying.get(need.id);
    for (const [hostAt, host] of hosts.entries()) {
      const allowed = allowedAt(entry, host, problem.now);
      if (typeof allowed === "string") continue;
      const cost = pairCost(home, host.practice, allowed.km) - (POINTS_A_DAY * (need.earliest - problem.now)) / DAY_MS;
      const pair = pairs.ofRequest(request.id, host.practice.id);
      const coursePair = need.course === undefined ? -1 : pairs.ofCourse(request.id, need.course, host.practice.id);
      for (const opening of allowed.openings) {
        const run = layout.numberOfRun.get(opening.run) ?? 0;
        for (const { first, last } of usableParts(layout, opening)) {
          const edge = { length: opening.length, host: hostAt, run, pair, coursePair };
          const add = (from: number, to: number, points: number): void => {
            mine.push({ ...edge, first: from, last: to, cost: points, least: points + (layout.slotTime[from] ?? 0) });
          };
          if (stays !== undefined && stays.first >= first && stays.first <= last && stays.length === opening.length) {
            add(stays.first, stays.first, cost - moveThreshold);
          }
          if (host.practice.deskFull === true) continue;
          add(first, last, cost);
          blockCount += last - first + 1;
        }
      }
    }
    mine.sort((a, b) => a.least - b.least || a.first - b.first);
    for (const edge of mine) edges.push(edge);
    edgeStart[needAt + 1] = edges.length;
  }
  const weights = Float64Array.from(needs, ({ need, request }) => weightOf(need, request));
  return {
    needCount: needs.length,
    slotCount: layout.slots.length,
    value: weights.map(valueOf),
    weight: weights,
    requestOf: Int32Array.from(needs, ({ request }) => requests.get(request.id) ?? 0),
    edgeStart,
    edgeFirst: Int32Array.from(edges, ({ first }) => first),
    edgeLast: Int32Array.from(edges, ({ last }) => last),
    edgeLength: Int32Array.from(edges, ({ length }) => length),
    edgeHost: Int32Array.from(edges, ({ host }) => host),
    edgeRun: Int32Array.from(edges, ({ run }) => run),
    edgeCost: Float64Array.from(edges, ({ cost }) => cost),
    edgeLeast: Float64Array.from(edges, ({ least }) => least),
    edgePair: Int32Array.from(edges, ({ pair }) => pair),
    edgeCoursePair: Int32Array.from(edges, ({ coursePair }) => coursePair),
    slotTime: layout.slotTime,
    slotRun: layout.slotRun,
    slotDay: layout.slotDay,
    dayRoom: layout.dayRoom,
    dayFirst: layout.dayFirst,
    dayEnd: layout.dayEnd,
    runStart: layout.runStart,
    pairCharge: Float64Array.from(pairs.charges),
    blockCount,
    slots: layout.slots,
    slotHost: layout.slotHost,
  };
};
