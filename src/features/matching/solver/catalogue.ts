import { DAY_MS, MINUTE_MS } from "./cost.ts";
import type { Problem, ProblemClinic, ProblemNeed, ProblemPractice, ProblemRequest, ProblemSlot } from "./problem.ts";

/** A clinic's slots that follow one another without a gap: blocks are cut from runs. */
export interface Run {
  readonly clinic: ProblemClinic;
  /** Ascending; each starts where the one before ends. */
  readonly slots: readonly ProblemSlot[];
}

export interface Host {
  readonly practice: ProblemPractice;
  readonly provides: ReadonlySet<string>;
  readonly runsByService: ReadonlyMap<string, readonly Run[]>;
}

export interface NeedEntry {
  readonly need: ProblemNeed;
  readonly request: ProblemRequest;
  readonly home: ProblemPractice;
  readonly excluded: ReadonlySet<string>;
  readonly reach: ReadonlySet<string> | undefined;
}

/** The snapshot with its lists turned into look-ups, in the order of ids, so that the order of a file never matters. */
export interface Catalogue {
  readonly problem: Problem;
  readonly hosts: readonly Host[];
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
export const runsOf = (clinic: ProblemClinic): Run[] => {
  const open = new Map<number, ProblemSlot[][]>();
  const runs: ProblemSlot[][] = [];
  const ordered = [...clinic.slots].sort((a, b) => a.start - b.start || byId(a, b));
  for (const slot of ordered) {
    const run = open.get(slot.start)?.shift();
    const next = run ?? [];
    if (run === undefined) runs.push(next);
    next.push(slot);
    const end = slot.start + clinic.slotMinutes * MINUTE_MS;
    open.set(end, [...(open.get(end) ?? []), next]);
  }
  return runs.map((slots) => ({ clinic, slots }));
};

const hostsOf = (problem: Problem): Host[] => {
  const runs = new Map<string, Map<string, Run[]>>();
  for (const clinic of [...problem.clinics].sort(byId)) {
    const ofClinic = runsOf(clinic);
    const ofHost = runs.get(clinic.practice) ?? new Map<string, Run[]>();
    runs.set(clinic.practice, ofHost);
    for (const service of new Set(clinic.services)) ofHost.set(service, [...(ofHost.get(service) ?? []), ...ofClinic]);
  }
  return [...problem.practices].sort(byId).map((practice) => ({
    practice,
    provides: new Set(practice.provides),
    runsByService: runs.get(practice.id) ?? new Map<string, Run[]>(),
  }));
};

/** Indexes a snapshot; needs whose home practice is not in it cannot be planned and are an error of the caller. */
export const catalogueOf = (problem: Problem): Catalogue => {
  const hosts = hostsOf(problem);
  const practices = new Map(hosts.map(({ practice }) => [practice.id, practice]));
  const excluded = new Map<string, Set<string>>();
  for (const [need, practice] of problem.excluded) {
    const practicesOut = excluded.get(need) ?? new Set<string>();
    excluded.set(need, practicesOut.add(practice));
  }
  const none: ReadonlySet<string> = new Set<string>();
  const needs = problem.requests.flatMap((request) => {
    const home = practices.get(request.practice);
    if (home === undefined) throw new Error(`Request ${request.id} names a practice that is not in the snapshot.`);
    return request.needs.map((need) => ({
      need,
      request,
      home,
      excluded: excluded.get(need.id) ?? none,
      reach: need.reach === undefined ? undefined : new Set(need.reach),
    }));
  });
  return { problem, hosts, needs: needs.sort((a, b) => byId(a.need, b.need)) };
};
