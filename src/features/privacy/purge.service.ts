import type { Classified } from "../../platform/db/columns.ts";
import type { Database } from "../../platform/db/database.ts";
import type { Sweeper } from "../../platform/queue/sweep.ts";
import { claimPurge, duePurges, ensurePurges, notePurge, purgeBatch } from "./purge.repository.ts";
import { purgePlans, type PurgePlan } from "./purge-plan.ts";

/** Rows of one transaction, and transactions of one round: nobody who works waits long behind a purge. */
const BATCH = 200;
const BATCHES_A_ROUND = 5;

const purgeTable = async (database: Database, plan: PurgePlan): Promise<number> => {
  let purged = 0;
  for (let batch = 0; batch < BATCHES_A_ROUND; batch += 1) {
    const isDone = await database.transact(async (tx) => {
      // Another process is at it, or has just finished.
      if (!(await claimPurge(tx.q, plan.name))) return true;
      const { roots, all } = await purgeBatch(tx.q, plan, BATCH);
      const isLast = roots < BATCH;
      await notePurge(tx.q, plan.name, all, isLast);
      purged += all;
      return isLast;
    });
    if (isDone) break;
  }
  return purged;
};

/** Deletes what has outlived its period (P5), of the tables that are due; answers how many rows went. May run anywhere, any number of times. */
export const purgeDue = async (database: Database, plans: readonly PurgePlan[]): Promise<number> => {
  const due = new Set(await duePurges(database.q));
  let purged = 0;
  for (const plan of plans) if (due.has(plan.name)) purged += await purgeTable(database, plan);
  return purged;
};

/** Each table once a night, found by its row; the declarations are read once, when every table is known. */
export const purgeSweepers = (database: Database, tables: () => readonly Classified[]): readonly Sweeper[] => {
  let plans: readonly PurgePlan[] | undefined;
  return [
    {
      name: "purge what has outlived its period",
      run: async () => {
        if (plans === undefined) {
          const made = purgePlans(tables());
          await ensurePurges(
            database.q,
            made.map(({ name }) => name),
          );
          plans = made;
        }
        await purgeDue(database, plans);
      },
    },
  ];
};
