import { sql } from "drizzle-orm";
import type { Tx } from "../../platform/db/database.ts";
import { planGroupJob } from "./match-due.contract.ts";

/**
 * Says, in the transaction that changes something, that the sharing group is due for matching, and wakes the matcher once
 * that has committed. Call it for whatever could let a need be covered better: a post, a freed or new slot, a decline.
 */
export const askForMatching = async (tx: Tx, groupCode: string, cause: string): Promise<void> => {
  tx.write(sql`insert into match_due (group_code, cause, match_due_at) values (${groupCode}, ${cause}, app_now())`);
  tx.follow({ job: planGroupJob.name, payload: { groupCode } });
};
