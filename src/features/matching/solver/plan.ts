import { hostDayKey, type Catalogue, type Host } from "./catalogue.ts";
import { COURSE_CHARGE, DAY_MS, kmBetween, pairCost, POINTS_A_DAY, REQUEST_CHARGE, valueOf, weightOf } from "./cost.ts";
import { firstFailingRule, occupancyBefore, type Occupancy } from "./filters.ts";
import type { PlannedAssignment, Plan, ProblemSlot, ReasonCode, UnassignedNeed } from "./problem.ts";

/** A need (index in the catalogue) with the host (index in the catalogue) and slots that the search gave it. */
export interface Chosen {
  readonly need: number;
  readonly host: number;
  readonly slots: readonly ProblemSlot[];
}

/** What is taken once the plan is made. */
const occupancyAfter = ({ problem, hosts, needs }: Catalogue, chosen: readonly Chosen[]): Occupancy => {
  const taken = new Set<ProblemSlot>();
  const used: Record<string, number> = { ...problem.usedByDay };
  for (const { host, slots, need } of chosen) {
    const practice = hosts[host]?.practice;
    const start = slots[0]?.start;
    if (practice === undefined || start === undefined || needs[need] === undefined) continue;
    const key = hostDayKey(practice.id, start);
    used[key] = (used[key] ?? 0) + 1;
    for (const slot of slots) taken.add(slot);
  }
  const before = occupancyBefore(used);
  return { isTaken: (slot) => taken.has(slot) || before.isTaken(slot), roomThatDay: before.roomThatDay };
};

const reasonsFor = (catalogue: Catalogue, need: number, occupancy: Occupancy): UnassignedNeed => {
  const entry = catalogue.needs[need];
  const reasons: Partial<Record<ReasonCode, number>> = {};
  if (entry === undefined) return { needId: "", reasons };
  for (const host of catalogue.hosts) {
    if (host.practice.id === entry.home.id) continue;
    const reason = firstFailingRule(entry, host, occupancy);
    if (reason !== undefined) reasons[reason] = (reasons[reason] ?? 0) + 1;
  }
  return { needId: entry.need.id, reasons };
};

/** Adds up from the snapshot alone, so that no slip in the search's running totals can reach an answer. */
export const planFrom = (catalogue: Catalogue, chosen: readonly Chosen[], truncated: boolean): Plan => {
  const { problem, hosts, needs } = catalogue;
  const paid = new Set(problem.paidHosts.map((pair) => JSON.stringify(pair)));
  const assignments: PlannedAssignment[] = [];
  let weight = 0;
  let value = 0;
  let cost = 0;
  for (const { need, host, slots } of [...chosen].sort((a, b) => a.need - b.need)) {
    const entry = needs[need];
    const practice: Host["practice"] | undefined = hosts[host]?.practice;
    const start = slots[0]?.start;
    if (entry === undefined || practice === undefined || start === undefined) continue;
    const days = (start - entry.need.earliest) / DAY_MS;
    const blockCost = pairCost(entry.home, practice, kmBetween(entry.home, practice)) + POINTS_A_DAY * days;
    const requestPair = JSON.stringify([entry.request.id, practice.id]);
    if (!paid.has(requestPair)) cost += REQUEST_CHARGE;
    paid.add(requestPair);
    if (entry.need.course !== undefined) {
      const coursePair = JSON.stringify([entry.request.id, entry.need.course, practice.id]);
      if (!paid.has(coursePair)) cost += COURSE_CHARGE;
      paid.add(coursePair);
    }
    cost += blockCost;
    weight += weightOf(entry.need, entry.request);
    value += valueOf(weightOf(entry.need, entry.request));
    assignments.push({ needId: entry.need.id, slotIds: slots.map(({ id }) => id), host: practice.id, cost: blockCost });
  }
  const covered = new Set(chosen.map(({ need }) => need));
  const occupancy = occupancyAfter(catalogue, chosen);
  const unassigned = needs.flatMap((_, need) => (covered.has(need) ? [] : [reasonsFor(catalogue, need, occupancy)]));
  return { assignments, unassigned, weight, covered: assignments.length, cost, score: value - cost, truncated };
};
