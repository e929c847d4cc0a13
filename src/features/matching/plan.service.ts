import type { Database } from "../../platform/db/database.ts";
import { askForMatching } from "../match-due/index.ts";
import { applyDecisions } from "./apply.service.ts";
import type { Solver } from "./blocks.rules.ts";
import { decide, type Decisions } from "./decide.rules.ts";
import { clearDue, dueAgainAt, groupsDue, readDue, widenWaiting } from "./due.repository.ts";
import { storeNotAsked } from "./not-asked.service.ts";
import { readSnapshot } from "./snapshot.service.ts";
import type { Snapshot } from "./snapshot.ts";

const lockOf = (groupCode: string): string => `plan ${groupCode}`;

/**
 * Plans a sharing group until nothing is due (rule M3). Two plans of one group never run at once, whichever process they
 * land on: whoever comes second leaves at once, because the first looks again after it has let the lock go.
 */
export const planGroup = async (database: Database, groupCode: string, solve: Solver): Promise<void> => {
  for (;;) {
    const won = await database.tryExclusively(lockOf(groupCode), async (mine) => {
      let due = await readDue(mine.q, groupCode);
      while (due.length > 0) {
        await planOnce(mine, groupCode, due, solve);
        due = await readDue(mine.q, groupCode);
      }
    });
    if (!won || (await readDue(database.q, groupCode)).length === 0) return;
  }
};

/** A first plan of what is free; where that leaves a need without a place, one that may move what is not agreed. */
const decideWidely = async (
  database: Database,
  groupCode: string,
  solve: Solver,
): Promise<{ snapshot: Snapshot; decisions: Decisions } | undefined> => {
  const snapshot = await readSnapshot(database.q, groupCode, "extra");
  if (snapshot === undefined) return undefined;
  const decisions = await decide(snapshot, solve);
  if (decisions.uncovered.length === 0) return { snapshot, decisions };
  const wider = await readSnapshot(database.q, groupCode, "any");
  if (wider === undefined || wider.movable.length === 0) return { snapshot, decisions };
  return { snapshot: wider, decisions: await decide(wider, solve) };
};

const planOnce = async (
  database: Database,
  groupCode: string,
  due: readonly number[],
  solve: Solver,
): Promise<void> => {
  const planned = await decideWidely(database, groupCode, solve);
  await database.transact(async (tx) => {
    if (planned !== undefined) {
      const applied = await applyDecisions(tx, planned.snapshot, planned.decisions);
      if (applied.dropped > 0) await askForMatching(tx, groupCode, "plan.dropped");
      if (planned.decisions.askAgainAt !== undefined) await dueAgainAt(tx, groupCode, planned.decisions.askAgainAt);
    }
    await clearDue(tx, due);
  });
  // The explanations come after the offers have left: nobody waits for them.
  if (planned !== undefined) await storeNotAsked(database, planned.snapshot);
};

/** Plans every group for which something is due. */
export const planDueGroups = async (database: Database, solve: Solver): Promise<void> => {
  for (const groupCode of await groupsDue(database.q)) await planGroup(database, groupCode, solve);
};

/** Opens the next ring for whatever has waited long enough (A3). */
export const widenDue = async (database: Database): Promise<void> => {
  await database.transact(async (tx) => {
    for (const groupCode of await widenWaiting(tx)) await askForMatching(tx, groupCode, "ring.widened");
  });
};
