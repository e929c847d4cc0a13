import { sql } from "drizzle-orm";
import type { Tx } from "../../platform/db/database.ts";

/**
 * Locks requests for the rest of the transaction, in the order of their ids: the one lock that every change of their
 * needs, offers and agreements takes first, so that answers, plans, expiries and amendments of one request happen one
 * after another and never in a circle. Rows that merely point at a request do not wait for it.
 */
export const lockRequests = async (tx: Tx, requestIds: readonly string[]): Promise<void> => {
  if (requestIds.length === 0) return;
  await tx.q.execute(sql`
    select id from cover_requests where id = any(${sql.param([...requestIds])}::uuid[]) order by id for no key update`);
};
