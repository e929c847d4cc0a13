import { asksAllowed } from "./asking.rules.ts";
import { blocksOf, dayCounts, freeBeside, isPossibleNow, type PlacedNeed, type Solver } from "./blocks.rules.ts";
import type { Desk } from "./desk.rules.ts";
import { problemOf } from "./problem.rules.ts";
import { isTakenAtOnce, type Reach } from "./reach.rules.ts";
import type { Ask, SeekingNeed, Snapshot } from "./snapshot.ts";
import { unhurriedFrom } from "./time-to-answer.rules.ts";

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
  const notBefore = unhurriedFrom(snapshot);
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
    const clinics = freeBeside(
      snapshot.clinics.filter((clinic) => !clinic.isFirm),
      made,
    );
    const alsoUsed = dayCounts(made);
    const within = new Map(needs.map((need) => [need.id, reach.within(need, rings.get(need.id) ?? need.ring)]));
    const alsoExcluded = needs.flatMap((need) => hostsOf(need).map((host) => [need.id, host] as const));
    const plan = await solve(problemOf(snapshot, { needs, reach: within, clinics, alsoExcluded, alsoUsed, notBefore }));
    const found = blocksOf(plan, needs, clinics, true).filter(
      (block) => isPossibleNow(snapshot, block) && standing.desk.take(block),
    );
    if (found.length === 0) return extras;
    extras.push(...found);
  }
};
