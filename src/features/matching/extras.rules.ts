import { asksAllowed } from "./asking.rules.ts";
import { blocksOf, isPossibleNow, type PlacedNeed, type Solver } from "./blocks.rules.ts";
import type { Desk } from "./desk.rules.ts";
import { problemOf } from "./problem.rules.ts";
import { isTakenAtOnce, type Reach } from "./reach.rules.ts";
import { dayKey } from "./reasons.rules.ts";
import type { Ask, SeekingNeed, Snapshot } from "./snapshot.ts";

export interface Standing {
  readonly asksOf: (need: SeekingNeed) => readonly Ask[];
  readonly placed: readonly PlacedNeed[];
  readonly desk: Desk;
}

/** Extra asks (A2, A3): only of slots that the plan leaves free, one more practice for each need and round. */
export const placeExtras = async (
  snapshot: Snapshot,
  reach: Reach,
  rings: ReadonlyMap<string, number>,
  standing: Standing,
  solve: Solver,
): Promise<PlacedNeed[]> => {
  const extras: PlacedNeed[] = [];
  for (;;) {
    const made = [...standing.placed, ...extras];
    const hostsOf = (need: SeekingNeed): string[] => [
      ...standing
        .asksOf(need)
        .filter((ask) => ask.kind === "slots")
        .map((ask) => ask.supportingCode),
      ...made.filter((block) => block.need.id === need.id).map((block) => block.clinic.organisationCode),
    ];
    const isSettled = (need: SeekingNeed): boolean =>
      made.some((block) => block.need.id === need.id && isTakenAtOnce(block.need, block.clinic));
    const needs = snapshot.needs.filter((need) => {
      const hosts = hostsOf(need);
      return hosts.length > 0 && hosts.length < asksAllowed(need) && !isSettled(need);
    });
    if (needs.length === 0) return extras;
    const used = new Set(made.flatMap((block) => block.slotIds));
    const clinics = snapshot.clinics
      .filter((clinic) => !clinic.isFirm)
      .map((clinic) => ({
        ...clinic,
        slots: clinic.slots.filter((slot) => slot.heldBy === undefined && !used.has(slot.id)),
      }));
    const alsoUsed: Record<string, number> = {};
    for (const block of made) {
      const key = dayKey(block.clinic.organisationCode, block.startsAt);
      alsoUsed[key] = (alsoUsed[key] ?? 0) + 1;
    }
    const within = new Map(needs.map((need) => [need.id, reach.within(need, rings.get(need.id) ?? need.ring)]));
    const alsoExcluded = needs.flatMap((need) => hostsOf(need).map((host) => [need.id, host] as const));
    const plan = await solve(problemOf(snapshot, { needs, reach: within, clinics, alsoExcluded, alsoUsed }));
    const found = blocksOf(plan, needs, clinics, true).filter(
      (block) => isPossibleNow(snapshot, block) && standing.desk.take(block),
    );
    if (found.length === 0) return extras;
    extras.push(...found);
  }
};
