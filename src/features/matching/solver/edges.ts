import type { Catalogue } from "./catalogue.ts";
import { COURSE_CHARGE, DAY_MS, kmBetween, pairCost, POINTS_A_DAY, REQUEST_CHARGE } from "./cost.ts";
import { allowedAt, type Opening } from "./filters.ts";
import { usableParts, type Layout } from "./layout.ts";
import type { Problem, ProblemPractice, ProblemSlot } from "./problem.ts";

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

/** Blocks of one need in one run, before they are laid out in arrays. */
export interface EdgeDraft {
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

/** Practices (by index) that offer a service at all: most pairs fall at this filter, so it is an index. */
const hostsByService = ({ hosts }: Catalogue): ReadonlyMap<string, readonly number[]> => {
  const lists = new Map<string, number[]>();
  for (const [at, { runsByService }] of hosts.entries()) {
    for (const service of runsByService.keys()) {
      const list = lists.get(service) ?? [];
      lists.set(service, list);
      list.push(at);
    }
  }
  return lists;
};

/** Kilometres from each home to each practice, worked out once a home. */
const distances = ({ hosts }: Catalogue) => {
  const rows = new Map<string, Float64Array>();
  return (home: ProblemPractice): Float64Array => {
    const row = rows.get(home.id) ?? Float64Array.from(hosts, ({ practice }) => kmBetween(home, practice));
    rows.set(home.id, row);
    return row;
  };
};

interface RunPart {
  readonly run: number;
  readonly first: number;
  readonly last: number;
  readonly length: number;
}

/** What the search may use of each opening. */
const openingParts = (layout: Layout, openings: readonly Opening[]): RunPart[] => {
  const all: RunPart[] = [];
  for (const opening of openings) {
    const run = layout.numberOfRun.get(opening.run) ?? 0;
    for (const { first, last } of usableParts(layout, opening)) all.push({ run, first, last, length: opening.length });
  }
  return all;
};

export interface Drafts {
  readonly edges: EdgeDraft[];
  readonly edgeStart: Int32Array;
  readonly charges: readonly number[];
  readonly blockCount: number;
}

const draft = (
  { slotTime }: Layout,
  place: Pick<EdgeDraft, "length" | "host" | "run" | "pair" | "coursePair">,
  first: number,
  last: number,
  cost: number,
): EdgeDraft => ({ ...place, first, last, cost, least: cost + (slotTime[first] ?? 0) });

/** Every edge, need by need, each need's cheapest first. */
export const draftEdges = (catalogue: Catalogue, layout: Layout): Drafts => {
  const { problem, hosts, needs } = catalogue;
  const pairs = pairNumbers(hosts.length);
  const paid = new Set(problem.paidHosts.map((pair) => JSON.stringify(pair)));
  const staying = placesOf(problem, layout.slots);
  const moveThreshold = problem.moveThreshold ?? DEFAULT_MOVE_THRESHOLD;
  const offering = hostsByService(catalogue);
  const kmFrom = distances(catalogue);
  const edges: EdgeDraft[] = [];
  const edgeStart = new Int32Array(needs.length + 1);
  let blockCount = 0;
  for (const [needAt, entry] of needs.entries()) {
    const { need, request, home } = entry;
    const mine: EdgeDraft[] = [];
    const stays = staying.get(need.id);
    const kmRow = kmFrom(home);
    const requestTable = pairs.tableOf(JSON.stringify([request.id]));
    const courseTable =
      need.course === undefined ? undefined : pairs.tableOf(JSON.stringify([request.id, need.course]));
    const sinceNow = (POINTS_A_DAY * (need.earliest - problem.now)) / DAY_MS;
    for (const hostAt of offering.get(need.service) ?? []) {
      const host = hosts[hostAt];
      const km = kmRow[hostAt] ?? 0;
      // Too far is ruled out here for speed alone: `allowedAt` says so too, after rules that cost more to check.
      if (host === undefined || km > need.maxKm) continue;
      const allowed = allowedAt(entry, host, problem.now, km);
      if (typeof allowed === "string") continue;
      const cost = pairCost(home, host.practice, km) - sinceNow;
      const isPaid = paid.size > 0 && paid.has(JSON.stringify([request.id, host.practice.id]));
      const pair = pairs.numberIn(requestTable, hostAt, isPaid ? 0 : REQUEST_CHARGE);
      const coursePair = courseTable === undefined ? -1 : pairs.numberIn(courseTable, hostAt, COURSE_CHARGE);
      for (const { run, first: from, last: to, length } of openingParts(layout, allowed.openings)) {
        const place = { length, host: hostAt, run, pair, coursePair };
        if (stays !== undefined && stays.first >= from && stays.first <= to && stays.length === length) {
          mine.push(draft(layout, place, stays.first, stays.first, cost - moveThreshold));
        }
        if (host.practice.deskFull === true) continue;
        mine.push(draft(layout, place, from, to, cost));
        blockCount += to - from + 1;
      }
    }
    mine.sort((a, b) => a.least - b.least || a.first - b.first);
    for (const edge of mine) edges.push(edge);
    edgeStart[needAt + 1] = edges.length;
  }
  return { edges, edgeStart, charges: pairs.charges, blockCount };
};
