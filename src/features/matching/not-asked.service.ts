import { setImmediate } from "node:timers/promises";
import type { Database, Queryable } from "../../platform/db/database.ts";
import { linesToExplain, readAskedOf, storeNotAsked } from "./not-asked.repository.ts";
import { problemOf } from "./problem.rules.ts";
import { reachOf } from "./reach.rules.ts";
import { readNeedsOfLines } from "./seeking.repository.ts";
import { readSnapshotFor, type ExplainedSnapshot } from "./snapshot.service.ts";
import type { SeekingNeed } from "./snapshot.ts";
import { catalogueOf, firstFailingRule, occupancyBefore, type ReasonCode } from "./solver/index.ts";
import { publishedKey } from "./supply.repository.ts";
import { withTimeToAnswer } from "./time-to-answer.rules.ts";

/** How the practices of the group stand to one line that still looks for cover. Codes of organisations throughout. */
export interface Explanation {
  /** Which have an offer of this line waiting. */
  readonly asked: readonly string[];
  /** Which keep every rule and are not asked: the line's needs have their places, or the next plan asks them. */
  readonly withRoom: readonly string[];
  /** Why each of the others is not asked: the first rule of M1 that fails. */
  readonly notAsked: Readonly<Record<string, ReasonCode>>;
}

/** For each need the first rule of M1 that keeps each practice from it; a practice that could take it is missing. */
export const failingRules = async (
  given: ExplainedSnapshot,
  needs: readonly SeekingNeed[],
  hosts: readonly string[] | "all" = "all",
): Promise<Map<string, Map<string, ReasonCode>>> => {
  const snapshot = withTimeToAnswer(given);
  const reach = reachOf(snapshot);
  const within = new Map(needs.map((need) => [need.id, reach.within(need, need.ring)]));
  const catalogue = catalogueOf(problemOf(snapshot, { needs, reach: within, clinics: snapshot.clinics }));
  const occupancy = occupancyBefore(snapshot.usedByDay);
  const found = new Map<string, Map<string, ReasonCode>>();
  for (const entry of catalogue.needs) {
    const reasons = new Map<string, ReasonCode>();
    for (const host of catalogue.hosts) {
      const { id } = host.practice;
      if (hosts !== "all" && !hosts.includes(id)) continue;
      const reason = firstFailingRule(entry, host, occupancy);
      // What is published and taken, or lies outside the days, was not read: there is a clinic all the same.
      const isTaken = reason === "service" && snapshot.published.has(publishedKey(id, entry.need.service));
      if (reason !== undefined) reasons.set(id, isTaken ? "window" : reason);
    }
    found.set(entry.need.id, reasons);
    // Whoever waits for an answer goes first.
    await setImmediate();
  }
  return found;
};

/** Explains lines of one sharing group as they stand now; lines of which nothing looks for cover any more are missing. */
export const explainLines = async (
  q: Queryable,
  groupCode: string,
  lineIds: readonly string[],
): Promise<Map<string, Explanation>> => {
  const needs = await readNeedsOfLines(q, lineIds);
  const snapshot = await readSnapshotFor(q, groupCode, needs);
  const failing = await failingRules(snapshot, needs);
  const { asked, bystanders } = await readAskedOf(q, groupCode, lineIds);
  return new Map(
    needs.map((need): [string, Explanation] => {
      const reasons = failing.get(need.id) ?? new Map<string, ReasonCode>();
      const waiting = asked.get(need.lineId) ?? [];
      const others = [...snapshot.members.keys()].filter(
        (code) => !waiting.includes(code) && !bystanders.includes(code),
      );
      return [
        need.lineId,
        {
          asked: waiting,
          withRoom: others.filter((code) => !reasons.has(code)),
          notAsked: Object.fromEntries(
            others.flatMap((code) => {
              const reason = reasons.get(code);
              return reason === undefined ? [] : [[code, reason] as const];
            }),
          ),
        },
      ];
    }),
  );
};

/** Keeps explanations beside their lines, for pages that are looked at often. */
export const storeExplanations = async (
  q: Queryable,
  lineIds: readonly string[],
  explained: ReadonlyMap<string, Explanation>,
): Promise<void> =>
  storeNotAsked(
    q,
    lineIds.map((lineId) => ({ lineId, notAsked: explained.get(lineId)?.notAsked })),
  );

/**
 * Stores the deciding filter of every practice for each line that was planned since (rule M6). Apart from planning, so that
 * no offer waits for it, and for all lines of a group at once: it reads the whole group.
 */
export const explainDue = async (database: Database): Promise<void> => {
  for (const { groupCode, lineIds } of await linesToExplain(database.q))
    await storeExplanations(database.q, lineIds, await explainLines(database.q, groupCode, lineIds));
};
