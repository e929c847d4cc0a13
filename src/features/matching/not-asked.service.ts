import { sql } from "drizzle-orm";
import type { Database } from "../../platform/db/database.ts";
import { problemOf } from "./problem.rules.ts";
import { reachOf } from "./reach.rules.ts";
import type { SeekingNeed, Snapshot } from "./snapshot.ts";
import { catalogueOf, firstFailingRule, occupancyBefore, type ReasonCode } from "./solver/index.ts";

/** Why each practice of the group is not asked for a need: its code, and the first rule of M1 that fails. */
export const notAskedFor = (
  snapshot: Snapshot,
  needs: readonly SeekingNeed[],
): Map<string, Record<string, ReasonCode>> => {
  const reach = reachOf(snapshot);
  const within = new Map(needs.map((need) => [need.id, reach.within(need, need.ring)]));
  const catalogue = catalogueOf(problemOf(snapshot, { needs, reach: within, clinics: snapshot.clinics }));
  const occupancy = occupancyBefore(snapshot.usedByDay);
  return new Map(
    catalogue.needs.map((entry) => {
      const reasons: Record<string, ReasonCode> = {};
      for (const host of catalogue.hosts) {
        const reason = firstFailingRule(entry, host, catalogue.problem.now, occupancy);
        if (reason !== undefined) reasons[host.practice.id] = reason;
      }
      return [entry.need.id, reasons] as const;
    }),
  );
};

/** Stores the deciding filter of every practice for each line that was planned (rule M6), where it changed. */
export const storeNotAsked = async (database: Database, snapshot: Snapshot): Promise<void> => {
  const firstOfLine = new Map(snapshot.needs.map((need) => [need.lineId, need] as const));
  const reasons = notAskedFor(snapshot, [...firstOfLine.values()]);
  const lines = [...firstOfLine].map(([lineId, need]) => ({ lineId, notAsked: reasons.get(need.id) ?? {} }));
  await database.q.execute(sql`
    update need_lines l set not_asked = t."notAsked"
    from jsonb_to_recordset(${JSON.stringify(lines)}::jsonb) as t("lineId" uuid, "notAsked" jsonb)
    where l.id = t."lineId" and l.not_asked is distinct from t."notAsked"`);
};
