import type { Tx } from "../../platform/db/database.ts";
import { askForMatching } from "../match-due/index.ts";
import { announceReturned } from "./announcing.service.ts";
import { clearExclusions, reopenRows } from "./needs.repository.ts";

export interface Reopened {
  /** Ids of needs that look for cover again. */
  readonly reopened: readonly string[];
  /** Ids of needs whose due-by had passed: they came back, and wait for an acknowledgement (R7). */
  readonly returned: readonly string[];
}

/**
 * Needs that lost their offer or agreement and are still wanted: open again if their due-by is ahead, otherwise returned;
 * one priority higher if the supporting side cancelled, which also lets practices be asked again that had said no (A5).
 * Needs that have meanwhile ended stay as they are. Asks for matching; the caller announces the request when it is done,
 * and excludes whoever must not be asked again after this.
 */
export const reopenNeeds = async (
  tx: Tx,
  needIds: readonly string[],
  options: { raisePriority: boolean },
): Promise<Reopened> => {
  const changed = await reopenRows(tx, needIds, options.raisePriority);
  const open = changed.filter(({ state }) => state === "open");
  const returned = changed.filter(({ state }) => state === "returned");
  await clearExclusions(
    tx,
    open.filter(({ wasRaised }) => wasRaised).map(({ id }) => id),
  );
  await announceReturned(tx, returned);
  for (const group of new Set(open.map(({ groupCode }) => groupCode))) await askForMatching(tx, group, "need.reopened");
  return { reopened: open.map(({ id }) => id), returned: returned.map(({ id }) => id) };
};
