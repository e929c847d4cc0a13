import { sql } from "drizzle-orm";
import type pg from "pg";
import { z } from "zod";
import type { Solver } from "../../../src/features/matching/index.ts";
import { planOnce } from "../../../src/features/matching/plan.service.ts";
import { readNeeds } from "../../../src/features/matching/seeking.repository.ts";
import { homesOf, readOffered } from "../../../src/features/matching/snapshot.service.ts";
import type { SeekingNeed } from "../../../src/features/matching/snapshot.ts";
import { codesNear } from "../../../src/features/matching/reach.repository.ts";
import { appNow, rows, type Database, type Tx } from "../../../src/platform/db/database.ts";
import { quantile, round } from "../support/stats.ts";
import { watchPlans, type SeenPlan } from "./plans-read.ts";

/** A database with its own number of free slots; everything else is the same in all of them. */
export interface Size {
  readonly name: string;
  readonly database: Database;
  readonly pool: pg.Pool;
}

const NEAREST_FREE = { needs: "open", practices: 12, moves: false, earliest: 1 } as const;

/**
 * Runs each item in every size, one after the other and each time another first, so that whatever else the machine does
 * falls on all sizes alike. Answers milliseconds by size.
 */
const timeEach = async <T>(
  sizes: readonly Size[],
  items: readonly T[],
  run: (size: Size, item: T) => Promise<void>,
): Promise<Map<Size, number[]>> => {
  const times = new Map<Size, number[]>(sizes.map((size) => [size, []]));
  for (const [at, item] of items.entries())
    for (const size of [...sizes.slice(at % sizes.length), ...sizes.slice(0, at % sizes.length)]) {
      const from = performance.now();
      await run(size, item);
      times.get(size)?.push(performance.now() - from);
    }
  return times;
};

const ofSize = <T>(found: ReadonlyMap<Size, T>, size: Size): T => {
  const one = found.get(size);
  if (one === undefined) throw new Error(`${size.name} was not measured`);
  return one;
};

/** The needs of requests in an order that spreads over England and over services. */
const sampleRequests = async (database: Database, sample: number): Promise<SeekingNeed[][]> => {
  const found = await rows(
    database.q,
    z.object({ ids: z.array(z.string()) }),
    sql`select array_agg(n.id::text order by n.id) as ids from needs n group by n.request_id order by md5(n.request_id::text) limit ${sample}`,
  );
  const requests: SeekingNeed[][] = [];
  for (const { ids } of found) requests.push(await readNeeds(database.q, ids));
  return requests;
};

const searchOnce = async ({ database }: Size, needs: readonly SeekingNeed[], now: Date): Promise<number> => {
  const hosts = codesNear(homesOf(needs), NEAREST_FREE.practices);
  const { clinics } = await readOffered(database.q, needs, hosts, now, NEAREST_FREE);
  return clinics.reduce((sum, clinic) => sum + clinic.slots.length, 0);
};

export interface Candidates {
  readonly candidateP50Ms: number;
  readonly candidateP99Ms: number;
  /** Free slots that a search found, on average. */
  readonly slotsFound: number;
  /** Rows that all of its statements looked at, for each free slot found. */
  readonly rowsPerResult: number;
  /** Pages of 8 KiB that a search touched, on average. */
  readonly pagesPerSearch: number;
  readonly scannedWhole: readonly string[];
}

export interface MeasuredCandidates {
  readonly candidates: Candidates;
  readonly plans: readonly SeenPlan[];
}

const EXPLAINED = 50;

const explainSearches = async (
  size: Size,
  requests: readonly SeekingNeed[][],
  now: Date,
): Promise<Omit<Candidates, "candidateP50Ms" | "candidateP99Ms"> & { readonly plans: readonly SeenPlan[] }> => {
  let found = 0;
  const plans = await watchPlans(size.pool, size.database.q, async () => {
    for (const needs of requests) found += await searchOnce(size, needs, now);
  });
  const total = (of: (plan: SeenPlan) => number): number => plans.reduce((sum, plan) => sum + of(plan), 0);
  return {
    slotsFound: round(found / requests.length, 1),
    rowsPerResult: round(total((plan) => plan.rowsRead) / found),
    pagesPerSearch: round(total((plan) => plan.pages) / requests.length, 0),
    scannedWhole: [...new Set(plans.flatMap((plan) => plan.scannedWhole))],
    plans: plans.slice(-2),
  };
};

/** The candidate search for one request: practices next door, and their free slots. */
export const measureCandidates = async (
  sizes: readonly Size[],
  sample: number,
): Promise<ReadonlyMap<Size, MeasuredCandidates>> => {
  const [first] = sizes;
  if (first === undefined) return new Map();
  const now = await appNow(first.database.q);
  const requests = await sampleRequests(first.database, sample);
  const search = async (size: Size, needs: readonly SeekingNeed[]): Promise<void> => {
    await searchOnce(size, needs, now);
  };
  await timeEach(sizes, requests.slice(0, 50), search);
  const times = await timeEach(sizes, requests, search);
  const measured = new Map<Size, MeasuredCandidates>();
  for (const size of sizes) {
    const { plans, ...seen } = await explainSearches(size, requests.slice(0, EXPLAINED), now);
    const ms = ofSize(times, size);
    measured.set(size, {
      candidates: { candidateP50Ms: round(quantile(ms, 0.5)), candidateP99Ms: round(quantile(ms, 0.99)), ...seen },
      plans,
    });
  }
  return measured;
};

/** Undoes what a plan wrote, so that every plan, and every size, finds the same needs open. */
class Undone extends Error {}

const undoing = (database: Database): Database => ({
  ...database,
  transact: async <T>(work: (tx: Tx) => Promise<T>): Promise<T> => {
    let kept: T[] = [];
    try {
      await database.transact(async (tx) => {
        kept = [await work(tx)];
        throw new Undone();
      });
    } catch (error) {
      if (!(error instanceof Undone)) throw error;
    }
    for (const result of kept) return result;
    throw new Error("nothing was done");
  },
});

export interface Planning {
  readonly planP50Ms: number;
  readonly planP99Ms: number;
  /** Of which in the solver. */
  readonly solverP50Ms: number;
  readonly solverP99Ms: number;
}

/** The whole plan of each sharing group: read, decide, write, undo. */
export const measurePlans = async (
  sizes: readonly Size[],
  groups: readonly string[],
  solve: Solver,
): Promise<ReadonlyMap<Size, Planning>> => {
  const solver = new Map<Size, number[]>(sizes.map((size) => [size, []]));
  const plan = async (size: Size, group: string): Promise<void> => {
    let solving = 0;
    const timed: Solver = async (problem) => {
      const from = performance.now();
      const answer = await solve(problem);
      solving += performance.now() - from;
      return answer;
    };
    await planOnce(undoing(size.database), group, [{ id: 0, cause: "request.posted" }], timed);
    solver.get(size)?.push(solving);
  };
  await timeEach(sizes, groups.slice(0, 6), plan);
  for (const times of solver.values()) times.length = 0;
  const times = await timeEach(sizes, groups, plan);
  return new Map(
    sizes.map((size) => [
      size,
      {
        planP50Ms: round(quantile(ofSize(times, size), 0.5)),
        planP99Ms: round(quantile(ofSize(times, size), 0.99)),
        solverP50Ms: round(quantile(ofSize(solver, size), 0.5)),
        solverP99Ms: round(quantile(ofSize(solver, size), 0.99)),
      },
    ]),
  );
};
