import { DAY_MS, kmBetween, MINUTE_MS } from "./cost.ts";
import type { Problem, ProblemClinic, ProblemNeed, ProblemPractice, ProblemRequest, ProblemSlot } from "./problem.ts";

/** A clinic's slots that follow one another without a gap: blocks are cut from runs. */
export interface Run {
  /** Place in `Catalogue.runs`. */
  readonly number: number;
  readonly host: number;
  readonly clinic: ProblemClinic;
  /** Milliseconds that each slot lasts. */
  readonly slotMs: number;
  /** Ascending; each starts where the one before ends. */
  readonly slots: readonly ProblemSlot[];
}

export interface Host {
  readonly practice: ProblemPractice;
  /** Place in `Catalogue.hosts`. */
  readonly number: number;
  readonly provides: ReadonlySet<string>;
  readonly runsByService: ReadonlyMap<string, readonly Run[]>;
}

/** Milliseconds: blocks lie within, ends included. */
export type Window = readonly [from: number, until: number];

export interface NeedEntry {
  readonly need: ProblemNeed;
  readonly request: ProblemRequest;
  readonly home: ProblemPractice;
  readonly excluded: ReadonlySet<string>;
  readonly reach: ReadonlySet<string> | undefined;
  /** The stretches of time in which its blocks may lie: its window from now on, without the times ruled out for it. */
  readonly windows: readonly Window[];
  /** Kilometres from home to each of `Catalogue.hosts`; needs of one home share it. */
  readonly kmTo: Float64Array;
}

/** The snapshot with its lists turned into look-ups, in the order of ids, so that the order of a file never matters. */
export interface Catalogue {
  readonly problem: Problem;
  readonly hosts: readonly Host[];
  /** Host by host. */
  readonly runs: readonly Run[];
  readonly needs: readonly NeedEntry[];
}

const byId = (a: { readonly id: string }, b: { readonly id: string }): number =>
  a.id < b.id ? -1 : a.id > b.id ? 1 : 0;

/** "practice|YYYY-MM-DD", the key of `usedByDay`. */
export const hostDayKey = (practice: string, start: number): string =>
  `${practice}|${new Date(Math.floor(start / DAY_MS) * DAY_MS).toISOString().slice(0, 10)}`;

export const slotsNeeded = (need: ProblemNeed, clinic: ProblemClinic): number =>
  Math.max(1, Math.ceil(need.minutes / clinic.slotMinutes));

/** Splits a clinic into runs. Where several slots start together, each start is continued by the next one of its rank. */
const slotRunsOf = (clinic: ProblemClinic): ProblemSlot[][] => {
  const open = new Map<number, ProblemSlot[][]>();
  const runs: ProblemSlot[][] = [];
  const slotMs = clinic.slotMinutes * MINUTE_MS;
  for (const slot of [...clinic.slots].sort((a, b) => a.start - b.start || byId(a, b))) {
    const run = open.get(slot.start)?.shift();
    const next = run ?? [];
    if (run === undefined) runs.push(next);
    next.push(slot);
    const waiting = open.get(slot.start + slotMs);
    if (waiting === undefined) open.set(slot.start + slotMs, [next]);
    else waiting.push(next);
  }
  return runs;
};

const hostsAndRuns = (problem: Problem): { readonly hosts: Host[]; readonly runs: Run[] } => {
  const clinicsOf = new Map<string, ProblemClinic[]>();
  for (const clinic of [...problem.clinics].sort(byId)) {
    const ofHost = clinicsOf.get(clinic.practice);
    if (ofHost === undefined) clinicsOf.set(clinic.practice, [clinic]);
    else ofHost.push(clinic);
  }
  const runs: Run[] = [];
  const hosts = [...problem.practices].sort(byId).map((practice, host) => {
    const runsByService = new Map<string, Run[]>();
    for (const clinic of clinicsOf.get(practice.id) ?? []) {
      const services = new Set(clinic.services);
      for (const slots of slotRunsOf(clinic)) {
        const run = { number: runs.length, host, clinic, slotMs: clinic.slotMinutes * MINUTE_MS, slots };
        runs.push(run);
        for (const service of services) {
          const list = runsByService.get(service);
          if (list === undefined) runsByService.set(service, [run]);
          else list.push(run);
        }
      }
    }
    return { practice, number: host, provides: new Set(practice.provides), runsByService };
  });
  return { hosts, runs };
};

const windowsOf = (need: ProblemNeed, now: number): readonly Window[] => {
  let from = Math.max(now, need.earliest);
  if (need.notAt === undefined) return [[from, need.dueBy]];
  const windows: Window[] = [];
  for (const out of need.notAt.toSorted((a, b) => a.from - b.from)) {
    windows.push([from, Math.min(out.from, need.dueBy)]);
    from = Math.max(from, out.until);
  }
  windows.push([from, need.dueBy]);
  return windows.filter(([start, end]) => start < end);
};

/** Indexes a snapshot; needs whose home practice is not in it cannot be planned and are an error of the caller. */
export const catalogueOf = (problem: Problem): Catalogue => {
  const { hosts, runs } = hostsAndRuns(problem);
  const homes = new Map(hosts.map(({ practice }) => [practice.id, practice]));
  const kmFrom = new Map<string, Float64Array>();
  const excluded = new Map<string, Set<string>>();
  for (const [need, practice] of problem.excluded) {
    const practicesOut = excluded.get(need) ?? new Set<string>();
    excluded.set(need, practicesOut.add(practice));
  }
  const none: ReadonlySet<string> = new Set<string>();
  const needs = problem.requests.flatMap((request) => {
    const home = homes.get(request.practice);
    if (home === undefined) throw new Error(`Request ${request.id} names a practice that is not in the snapshot.`);
    const kmTo = kmFrom.get(home.id) ?? Float64Array.from(hosts, ({ practice }) => kmBetween(home, practice));
    kmFrom.set(home.id, kmTo);
    return request.needs.map((need) => ({
      need,
      request,
      home,
      excluded: excluded.get(need.id) ?? none,
      reach: need.reach === undefined ? undefined : new Set(need.reach),
      windows: windowsOf(need, problem.now),
      kmTo,
    }));
  });
  return { problem, hosts, runs, needs: needs.sort((a, b) => byId(a.need, b.need)) };
};
