import { setImmediate } from "node:timers/promises";
import type { Database } from "../../platform/db/database.ts";
import { linesToExplain, storeNotAsked } from "./not-asked.repository.ts";
import { problemOf } from "./problem.rules.ts";
import { reachOf } from "./reach.rules.ts";
import { readNeedsOfLines } from "./seeking.repository.ts";
import { readSnapshotFor } from "./snapshot.service.ts";
import type { SeekingNeed, Snapshot } from "./snapshot.ts";
import { catalogueOf, firstFailingRule, occupancyBefore, type ReasonCode } from "./solver/index.ts";

/** Why each practice of the group is not asked for a need: its code, and the first rule of M1 that fails. */
export const notAskedFor = async (
  snapshot: Snapshot,
  needs: readonly SeekingNeed[],
): Promise<Map<string, Record<string, ReasonCode>>> => {
  const reach = reachOf(snapshot);
  const within = new Map(needs.map((need) => [need.id, reach.within(need, need.ring)]));
  const catalogue = catalogueOf(problemOf(snapshot, { needs, reach: within, clinics: snapshot.clinics }));
  const occupancy = occupancyBefore(snapshot.usedByDay);
  const found = new Map<string, Record<string, ReasonCode>>();
  for (const entry of catalogue.needs) {
    const reasons: Record<string, ReasonCode> = {};
    for (const host of catalogue.hosts) {
      const reason = firstFailingRule(entry, host, catalogue.problem.now, occupancy);
      if (reason !== undefined) reasons[host.practice.id] = reason;
    }
    found.set(entry.need.id, reasons);
    // Jobs that somebody waits for go first.
    await setImmediate();
  }
  return found;
};

/**
 * Stores the deciding filter of every practice for each line that was planned since (rule M6). Apart from planning, so that
 * no offer waits for it, and for all lines of a group at once: it reads the whole group.
 */
export const explainDue = async (database: Database): Promise<void> => {
  for (const { groupCode, lineIds } of await linesToExplain(database.q)) {
    const needs = await readNeedsOfLines(database.q, lineIds);
    const snapshot = await readSnapshotFor(database.q, groupCode, needs);
    const reasons = await notAskedFor(snapshot, needs);
    const byLine = new Map(needs.map((need) => [need.lineId, reasons.get(need.id) ?? {}]));
    await storeNotAsked(
      database.q,
      lineIds.map((lineId) => ({ lineId, notAsked: byLine.get(lineId) })),
    );
  }
};
