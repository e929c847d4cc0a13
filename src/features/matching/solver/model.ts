import { hostDayKey, type Catalogue, type Run } from "./catalogue.ts";
import { COURSE_CHARGE, DAY_MS, pairCost, POINTS_A_DAY, REQUEST_CHARGE, valueOf, weightOf } from "./cost.ts";
import { allowedAt, type Opening } from "./filters.ts";
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

/** Stands for "no cap": more than any number of needs. */
const NO_CAP = 0x3fffffff;

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

interface Layout {
  readonly startOfRun: ReadonlyMap<Run, number>;
  readonly numberOfRun: ReadonlyMap<Run, number>;
  readonly runStart: Int32Array;
  readonly slots: readonly ProblemSlot[];
  readonly slotHost: Int32Array;
  readonly slotRun: Int32Array;
  readonly slotDay: Int32Array;
  readonly slotTime: Float64Array;
  readonly dayRoom: Int32Array;
  readonly dayFirst: Int32Array;
  readonly dayEnd: Int32Array;
}

/** Numbers every slot, run by run, and every (practice, day) that has one. */
const layOut = ({ hosts, problem }: Catalogue): Layout => {
  const startOfRun = new Map<Run, number>();
  const numberOfRun = new Map<Run, number>();
  const slots: ProblemSlot[] = [];
  const slotHost: number[] = [];
  const slotRun: number[] = [];
  const slotDay: number[] = [];
  const dayRoom: number[] = [];
  const dayFirst: number[] = [];
  const dayEnd: number[] = [];
  const runStart: number[] = [];
  for (const [hostAt, host] of hosts.entries()) {
    const days = new Map<number, number>();
    for (const run of new Set([...host.runsByService.values()].flat())) {
      startOfRun.set(run, slots.length);
      numberOfRun.set(run, runStart.length);
      for (const slot of run.slots) {
        const date = Math.floor(slot.start / DAY_MS);
        let day = days.get(date);
        if (day === undefined) {
          day = dayRoom.length;
          days.set(date, day);
          dayFirst.push(slots.length);
          const { dailyCap, id } = host.practice;
          const used = dailyCap === null ? 0 : (problem.usedByDay[hostDayKey(id, slot.start)] ?? 0);
          dayRoom.push(dailyCap === null ? NO_CAP : Math.max(0, dailyCap - used));
        }
        dayEnd[day] = slots.length + 1;
        slotHost.push(hostAt);
        slotRun.push(runStart.length);
        slotDay.push(day);
        slots.push(slot);
      }
      runStart.push(startOfRun.get(run) ?? 0);
    }
  }
  runStart.push(slots.length);
  return {
    startOfRun,
    numberOfRun,
    slots,
    runStart: Int32Array.from(runStart),
    slotHost: Int32Array.from(slotHost),
    slotRun: Int32Array.from(slotRun),
    slotDay: Int32Array.from(slotDay),
    slotTime: Float64Array.from(slots, ({ start }) => (POINTS_A_DAY * (start - problem.now)) / DAY_MS),
    dayRoom: Int32Array.from(dayRoom),
    dayFirst: Int32Array.from(dayFirst),
    dayEnd: Int32Array.from(dayEnd),
  };
};

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

/** The parts of an opening that nothing held and no full day cuts: what the search may use. */
const usableParts = (layout: Layout, opening: Opening): { first: number; last: number }[] => {
  const base = layout.startOfRun.get(opening.run) ?? 0;
  const parts: { first: number; last: number }[] = [];
  for (let at = opening.first; at <= opening.last; at += 1) {
    const isUsable =
      (layout.dayRoom[layout.slotDay[base + at] ?? 0] ?? 0) > 0 &&
      opening.run.slots.slice(at, at + opening.length).every(({ held }) => held !== true);
    if (!isUsable) continue;
    const open = parts.at(-1);
    if (open?.last === base + at - 1) open.last = base + at;
    else parts.push({ first: base + at, last: base + at });
  }
  return parts;
};

/** Compiles a catalogue. Work and memory grow with needs × practices and with the edges found. */
export const compile = (catalogue: Catalogue): Model => {
  const { problem, hosts, needs } = catalogue;
  const layout = layOut(catalogue);
  const pairs = pairNumbers(problem.paidHosts);
  const requests = new Map<string, number>();
  const edges: EdgeDraft[] = [];
  const edgeStart = new Int32Array(needs.length + 1);
  let blockCount = 0;
  for (const [needAt, entry] of needs.entries()) {
    const { need, request, home } = entry;
    if (!requests.has(request.id)) requests.set(request.id, requests.size);
    const mine: EdgeDraft[] = [];
    for (const [hostAt, host] of hosts.entries()) {
      const allowed = allowedAt(entry, host, problem.now);
      if (typeof allowed === "string" || host.practice.deskFull === true) continue;
      const cost = pairCost(home, host.practice, allowed.km) - (POINTS_A_DAY * (need.earliest - problem.now)) / DAY_MS;
      const pair = pairs.ofRequest(request.id, host.practice.id);
      const coursePair = need.course === undefined ? -1 : pairs.ofCourse(request.id, need.course, host.practice.id);
      for (const opening of allowed.openings) {
        const run = layout.numberOfRun.get(opening.run) ?? 0;
        for (const { first, last } of usableParts(layout, opening)) {
          const least = cost + (layout.slotTime[first] ?? 0);
          mine.push({ first, last, length: opening.length, host: hostAt, run, cost, least, pair, coursePair });
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
