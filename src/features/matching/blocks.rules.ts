import { isTakenAtOnce, mayBeAskedNow } from "./reach.rules.ts";
import { dayKey } from "./reasons.rules.ts";
import type { PlannedClinic, SeekingNeed, Snapshot } from "./snapshot.ts";
import type { Plan, Problem } from "./solver/index.ts";

export type Solver = (problem: Problem) => Promise<Plan>;

/** One need with the block it is to have. */
export interface PlacedNeed {
  readonly need: SeekingNeed;
  readonly clinic: PlannedClinic;
  readonly slotIds: readonly string[];
  readonly startsAt: Date;
  readonly endsAt: Date;
  /** Points of the objective, without the charges for places. */
  readonly cost: number;
  readonly isExtra: boolean;
}

/** The blocks of a plan, tied to the needs and clinics they came from. */
export const blocksOf = (
  plan: Plan,
  needs: readonly SeekingNeed[],
  clinics: readonly PlannedClinic[],
  isExtra: boolean,
) => {
  const needById = new Map(needs.map((need) => [need.id, need]));
  const clinicOf = new Map(
    clinics.flatMap((clinic) => clinic.slots.map((slot) => [slot.id, { clinic, slot }] as const)),
  );
  return plan.assignments.flatMap(({ needId, slotIds, cost }): PlacedNeed[] => {
    const need = needById.get(needId);
    const parts = slotIds.map((id) => clinicOf.get(id)).filter((part) => part !== undefined);
    const [at] = parts;
    if (need === undefined || at === undefined) return [];
    const startsAt = new Date(Math.min(...parts.map((part) => part.slot.start)));
    const endsAt = new Date(startsAt.getTime() + parts.length * at.clinic.slotMinutes * 60_000);
    return [{ need, clinic: at.clinic, slotIds, startsAt, endsAt, cost, isExtra }];
  });
};

/** A closed desk is in the plan for its firm clinics; its others wait until it opens (A6). */
export const isPossibleNow = (snapshot: Snapshot, block: PlacedNeed): boolean => {
  const host = snapshot.members.get(block.clinic.organisationCode);
  return isTakenAtOnce(block.need, block.clinic) || (host !== undefined && mayBeAskedNow(snapshot, block.need, host));
};

/** The clinics with only what is free and not among these blocks. */
export const freeBeside = (clinics: readonly PlannedClinic[], blocks: readonly PlacedNeed[]): PlannedClinic[] => {
  const used = new Set(blocks.flatMap((block) => block.slotIds));
  return clinics.map((clinic) => ({
    ...clinic,
    slots: clinic.slots.filter((slot) => slot.heldBy === undefined && !used.has(slot.id)),
  }));
};

/** How many needs these blocks put to each practice and day: what a daily cap counts. */
export const dayCounts = (blocks: readonly PlacedNeed[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { clinic, startsAt } of blocks) {
    const key = dayKey(clinic.organisationCode, startsAt);
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
};
