import type { Catalogue, Host } from "./catalogue.ts";
import { COURSE_CHARGE, DAY_MS, pairCost, POINTS_A_DAY, REQUEST_CHARGE } from "./cost.ts";
import { allowedAt, type Opening } from "./filters.ts";
import type { Layout } from "./layout.ts";
import type { Problem, ProblemSlot } from "./problem.ts";

/**
 * What a waiting offer's move must gain, in points, unless the snapshot says otherwise: two places fewer, or 8 km by road.
 * Any gain in cover is worth thousands. The place that an offer has is an edge of its own, cheaper by this much.
 */
export const DEFAULT_MOVE_THRESHOLD = 12;

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

/**
 * Numbers the pairs (request, practice) and (course, practice) as they are met, and gives each its charge. A request, or a
 * course, has one table of its pairs by practice.
 */
const pairNumbers = (hostCount: number) => {
  const tables = new Map<string, Int32Array>();
  const charges: number[] = [];
  return {
    charges,
    tableOf: (key: string): Int32Array => {
      const table = tables.get(key) ?? new Int32Array(hostCount).fill(-1);
      tables.set(key, table);
      return table;
    },
    numberIn: (table: Int32Array, host: number, charge: number): number => {
      const known = table[host] ?? -1;
      if (known >= 0) return known;
      table[host] = charges.length;
      charges.push(charge);
      return charges.length - 1;
    },
  };
};

/** Practices that offer a service at all: most pairs fall at this filter, so it is an index. */
const hostsByService = ({ hosts }: Catalogue): ReadonlyMap<string, readonly Host[]> => {
  const lists = new Map<string, Host[]>();
  for (const host of hosts) {
    for (const service of host.runsByService.keys()) {
      const list = lists.get(service) ?? [];
      lists.set(service, list);
      list.push(host);
    }
  }
  return lists;
};

/** Blocks of one need in one run. */
interface Edge {
  /** First slots of its blocks: from … to, in the model's numbering. */
  readonly first: number;
  readonly last: number;
  readonly length: number;
  readonly host: number;
  readonly run: number;
  readonly pair: number;
  readonly coursePair: number;
  /** Cost of a block without the days until its start, and of the edge's cheapest block. */
  readonly cost: number;
  readonly least: number;
}

/** Edges as columns, in the order in which they are found: tens of thousands, so no object each. */
export type EdgeTable = { readonly [Column in keyof Edge]: number[] };

const emptyTable = (): EdgeTable => ({
  first: [],
  last: [],
  length: [],
  host: [],
  run: [],
  pair: [],
  coursePair: [],
  cost: [],
  least: [],
});

const addEdge = (table: EdgeTable, edge: Edge): void => {
  table.first.push(edge.first);
  table.last.push(edge.last);
  table.length.push(edge.length);
  table.host.push(edge.host);
  table.run.push(edge.run);
  table.pair.push(edge.pair);
  table.coursePair.push(edge.coursePair);
  table.cost.push(edge.cost);
  table.least.push(edge.least);
};

/** What all blocks of a need at one practice share. */
interface Place {
  readonly host: number;
  readonly pair: number;
  readonly coursePair: number;
  readonly cost: number;
  /** Where the need's waiting offer is, if it has one; and how much cheaper staying there is. */
  readonly stays: { readonly first: number; readonly length: number } | undefined;
  readonly moveThreshold: number;
  /** Whether only the block that the need has may be taken. */
  readonly isFull: boolean;
}

/** Adds an edge for each part of an opening that nothing held and no full day cuts; answers how many blocks that is. */
const addParts = (table: EdgeTable, layout: Layout, opening: Opening, place: Place): number => {
  const { runStart, isHeld, slotDay, dayRoom, slotTime } = layout;
  const { host, pair, coursePair, cost, stays, moveThreshold } = place;
  const { length } = opening;
  const run = opening.run.number;
  const from = (runStart[run] ?? 0) + opening.first;
  const end = (runStart[run] ?? 0) + opening.last + 1;
  let blocks = 0;
  let free = 0;
  let first = -1;
  for (let slot = from; slot < from + length - 1; slot += 1) free = isHeld[slot] === 1 ? 0 : free + 1;
  for (let slot = from; slot <= end; slot += 1) {
    free = isHeld[slot + length - 1] === 1 ? 0 : free + 1;
    if (slot < end && free >= length && (dayRoom[slotDay[slot] ?? 0] ?? 0) > 0) {
      if (first < 0) first = slot;
      continue;
    }
    if (first < 0) continue;
    if (stays !== undefined && stays.first >= first && stays.first < slot && stays.length === length) {
      const here = cost - moveThreshold;
      const least = here + (slotTime[stays.first] ?? 0);
      addEdge(table, { first: stays.first, last: stays.first, length, host, run, pair, coursePair, cost: here, least });
    }
    if (!place.isFull) {
      const least = cost + (slotTime[first] ?? 0);
      addEdge(table, { first, last: slot - 1, length, host, run, pair, coursePair, cost, least });
      blocks += slot - first;
    }
    first = -1;
  }
  return blocks;
};

export interface Drafts {
  readonly table: EdgeTable;
  /** Rows of the table, need by need, each need's cheapest first; need i has `order[edgeStart[i]] … order[edgeStart[i+1]−1]`. */
  readonly order: readonly number[];
  readonly edgeStart: Int32Array;
  readonly charges: readonly number[];
  readonly blockCount: number;
}

/** Every edge. */
export const draftEdges = (catalogue: Catalogue, layout: Layout): Drafts => {
  const { problem, hosts, needs } = catalogue;
  const pairs = pairNumbers(hosts.length);
  const paid = new Set(problem.paidHosts.map((pair) => JSON.stringify(pair)));
  const staying = placesOf(problem, layout.slots);
  const moveThreshold = problem.moveThreshold ?? DEFAULT_MOVE_THRESHOLD;
  const offering = hostsByService(catalogue);
  const table = emptyTable();
  const { least, first } = table;
  const byLeast = (a: number, b: number): number =>
    (least[a] ?? 0) - (least[b] ?? 0) || (first[a] ?? 0) - (first[b] ?? 0);
  const order: number[] = [];
  const edgeStart = new Int32Array(needs.length + 1);
  let blockCount = 0;
  for (const [needAt, entry] of needs.entries()) {
    const { need, request, home, kmTo } = entry;
    const stays = staying.get(need.id);
    const requestTable = pairs.tableOf(JSON.stringify([request.id]));
    const courseTable =
      need.course === undefined ? undefined : pairs.tableOf(JSON.stringify([request.id, need.course]));
    const sinceNow = (POINTS_A_DAY * (need.earliest - problem.now)) / DAY_MS;
    for (const host of offering.get(need.service) ?? []) {
      const km = kmTo[host.number] ?? 0;
      // Too far is ruled out here for speed alone: `allowedAt` says so too, after rules that cost more to check.
      if (km > need.maxKm) continue;
      const allowed = allowedAt(entry, host);
      if (typeof allowed === "string") continue;
      const isPaid = paid.size > 0 && paid.has(JSON.stringify([request.id, host.practice.id]));
      const place: Place = {
        host: host.number,
        pair: pairs.numberIn(requestTable, host.number, isPaid ? 0 : REQUEST_CHARGE),
        coursePair: courseTable === undefined ? -1 : pairs.numberIn(courseTable, host.number, COURSE_CHARGE),
        cost: pairCost(home, host.practice, km) - sinceNow,
        stays,
        moveThreshold,
        isFull: host.practice.deskFull === true,
      };
      for (const opening of allowed.openings) blockCount += addParts(table, layout, opening, place);
    }
    const mine: number[] = [];
    for (let row = order.length; row < least.length; row += 1) mine.push(row);
    mine.sort(byLeast);
    for (const row of mine) order.push(row);
    edgeStart[needAt + 1] = order.length;
  }
  return { table, order, edgeStart, charges: pairs.charges, blockCount };
};
