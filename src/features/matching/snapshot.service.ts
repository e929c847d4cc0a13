import { appNow, type Queryable } from "../../platform/db/database.ts";
import { readAsks, readExclusions, readNeeds, readPaidHosts, readSeekingNeeds } from "./seeking.repository.ts";
import type { SeekingNeed, Snapshot } from "./snapshot.ts";
import { readClinics, readMembers, readReach, readUsedByDay, type Holders } from "./supply.repository.ts";

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];

const idsOf = (needs: readonly SeekingNeed[]): string[] => needs.map((need) => need.id);

/** The practices, services and days that could matter for these needs. */
const scopeOf = async (q: Queryable, needs: readonly SeekingNeed[], now: Date, holders: Holders) => ({
  hosts: await readReach(q, needs),
  services: unique(needs.map((need) => need.service)),
  from: now,
  until: new Date(Math.max(...needs.map((need) => need.dueBy.getTime()))),
  holders,
});

/**
 * What a plan of the group sees now; undefined when there is nothing to do. With `any` the first choices of other needs
 * may be moved, which is read only where something scarce is at stake.
 */
export const readSnapshot = async (
  q: Queryable,
  groupCode: string,
  holders: Holders,
): Promise<Snapshot | undefined> => {
  const now = await appNow(q);
  const needs = await readSeekingNeeds(q, groupCode);
  if (needs.length === 0) return undefined;
  const members = await readMembers(q, groupCode);
  let clinics = await readClinics(q, await scopeOf(q, needs, now, holders), now);
  let movable: SeekingNeed[] = [];
  if (holders === "any") {
    const known = new Set(idsOf(needs));
    const holding = unique(clinics.flatMap((clinic) => clinic.slots.flatMap((slot) => slot.heldBy?.needId ?? [])));
    movable = await readNeeds(
      q,
      holding.filter((id) => !known.has(id)),
    );
    // What moves must have somewhere to go: its own neighbourhood counts too.
    clinics = await readClinics(q, await scopeOf(q, [...needs, ...movable], now, holders), now);
  }
  const all = [...needs, ...movable];
  const capped = [...members.values()].filter((member) => member.dailyCap !== null).map((member) => member.code);
  return {
    groupCode,
    now,
    members,
    needs,
    movable,
    asks: await readAsks(q, idsOf(all)),
    clinics,
    excluded: await readExclusions(q, idsOf(all)),
    paidHosts: await readPaidHosts(q, unique(all.map((need) => need.requestId))),
    usedByDay: await readUsedByDay(q, capped, now, idsOf(movable)),
  };
};
