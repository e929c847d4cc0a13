import { groupBy } from "../../platform/lists/lists.ts";
import { practiceOf } from "./reach.rules.ts";
import { answeredBy } from "./time-to-answer.rules.ts";
import type { PlannedClinic, SeekingNeed, Snapshot } from "./snapshot.ts";
import type { Placement, Problem, ProblemNeed, ProblemRequest } from "./solver/index.ts";

export interface Scope {
  readonly needs: readonly SeekingNeed[];
  /** Practices that each need's rings have reached. */
  readonly reach: ReadonlyMap<string, readonly string[]>;
  readonly clinics: readonly PlannedClinic[];
  /** Pairs [need, practice] that are ruled out besides the snapshot's own. */
  readonly alsoExcluded?: readonly (readonly [string, string])[];
  /** Needs a practice has on a day besides the snapshot's own. */
  readonly alsoUsed?: Readonly<Record<string, number>>;
  readonly incumbent?: readonly Placement[];
  /** From when on blocks may begin, by priority and practice; absent: from now on. */
  readonly notBefore?: (priority: SeekingNeed["priority"]) => Readonly<Record<string, number>>;
}

const notAt = (times: readonly { readonly from: string; readonly until: string }[]): Pick<ProblemNeed, "notAt"> =>
  times.length === 0
    ? {}
    : { notAt: times.map(({ from, until }) => ({ from: Date.parse(from), until: Date.parse(until) })) };

/** From when on blocks of the need may begin, by practice: a desk that a time came too soon for gets the time to answer. */
const notBeforeOf = (
  { cutShort, clinics, members, now }: Snapshot,
  need: SeekingNeed,
  planned: Readonly<Record<string, number>> | undefined,
): Pick<ProblemNeed, "notBefore"> => {
  const later = cutShort.flatMap(([needId, code]) => {
    const host = needId === need.id ? members.get(code) : undefined;
    const isFirm = clinics.some((clinic) => clinic.isFirm && clinic.organisationCode === code);
    return host === undefined || isFirm ? [] : [[code, answeredBy(need.priority, now, host).getTime()] as const];
  });
  if (planned === undefined && later.length === 0) return {};
  return { notBefore: { ...planned, ...Object.fromEntries(later) } };
};

const needOf = (snapshot: Snapshot, need: SeekingNeed, { reach, notBefore }: Scope): ProblemNeed => ({
  id: need.id,
  service: need.service,
  minutes: need.minutes,
  earliest: need.earliest.getTime(),
  dueBy: need.dueBy.getTime(),
  requires: need.requires,
  maxKm: need.maxKm,
  priority: need.priority,
  channel: need.channel,
  ...(need.course === null ? {} : { course: need.course }),
  ...notAt(need.excludedTimes ?? []),
  ...notBeforeOf(snapshot, need, notBefore?.(need.priority)),
  reach: reach.get(need.id) ?? [],
});

const requestsOf = (snapshot: Snapshot, scope: Scope): ProblemRequest[] => {
  return [...groupBy(scope.needs, (need) => need.requestId)].map(([id, needs]) => ({
    id,
    practice: needs[0]?.homeCode ?? "",
    priority: "routine" as const,
    needs: needs.map((need) => needOf(snapshot, need, scope)),
  }));
};

/** The solver's problem for some needs and clinics of a snapshot. */
export const problemOf = (snapshot: Snapshot, scope: Scope): Problem => {
  const usedByDay = { ...snapshot.usedByDay };
  for (const [key, n] of Object.entries(scope.alsoUsed ?? {})) usedByDay[key] = (usedByDay[key] ?? 0) + n;
  return {
    now: snapshot.now.getTime(),
    practices: [...snapshot.members.values()].map((member) => practiceOf(member, snapshot.groupCode)),
    clinics: scope.clinics.map((clinic) => ({
      id: clinic.id,
      practice: clinic.organisationCode,
      services: clinic.services,
      channel: clinic.channel,
      provides: clinic.provides,
      slotMinutes: clinic.slotMinutes,
      slots: clinic.slots,
    })),
    requests: requestsOf(snapshot, scope),
    excluded: [...snapshot.excluded, ...(scope.alsoExcluded ?? [])],
    usedByDay,
    paidHosts: snapshot.paidHosts,
    ...(scope.incumbent === undefined ? {} : { incumbent: scope.incumbent }),
  };
};
