import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Tx } from "../../platform/db/database.ts";

const lockedRequest = z.object({ id: z.string(), version: z.number() });

/**
 * Locks requests for the rest of the transaction, in the order of their ids: the one lock that every change of their
 * needs, offers and agreements takes first, so that answers, plans, expiries and amendments of one request happen one
 * after another and never in a circle. Rows that merely point at a request do not wait for it.
 *
 * Gives the version of each by id. Amending, pausing and ending needs by hand count it on, so whoever decided on what it
 * read before the lock can tell whether the request still asks for the same.
 */
export const lockRequests = async (tx: Tx, requestIds: readonly string[]): Promise<ReadonlyMap<string, number>> => {
  if (requestIds.length === 0) return new Map();
  const locked = await rows(
    tx.q,
    lockedRequest,
    sql`select id, version from cover_requests where id = any(${sql.param([...requestIds])}::uuid[])
        order by id for no key update`,
  );
  return new Map(locked.map(({ id, version }) => [id, version]));
};
