import { sql } from "drizzle-orm";
import { identified, rows, type Queryable, type Tx } from "../../platform/db/database.ts";

const idsOf = (found: readonly { readonly id: string }[]): string[] => found.map(({ id }) => id);

const isUnpassed = sql`is_live and step in ('agreed', 'blocked')`;

/** Requests with agreements of which home is to be warned now, at most `limit`. */
export const requestsToWarn = async (q: Queryable, limit: number): Promise<string[]> =>
  idsOf(
    await rows(
      q,
      identified,
      sql`select distinct request_id as id from agreements
          where ${isUnpassed} and release_warn_at <= app_now() order by 1 limit ${limit}`,
    ),
  );

/** Marks the warnings of a locked request as given, and says for which agreements; those that go back now need none. */
export const clearWarnings = async (tx: Tx, requestId: string): Promise<string[]> =>
  idsOf(
    await rows(
      tx.q,
      identified,
      sql`update agreements set release_warn_at = null
          where request_id = ${requestId} and ${isUnpassed} and release_warn_at <= app_now() returning id`,
    ),
  );

/** Requests with agreements whose release-by has passed, at most `limit`. */
export const requestsPastRelease = async (q: Queryable, limit: number): Promise<string[]> =>
  idsOf(
    await rows(
      q,
      identified,
      sql`select distinct request_id as id from agreements
          where ${isUnpassed} and release_at <= app_now() order by 1 limit ${limit}`,
    ),
  );

/** The agreements of a locked request whose release-by has passed. */
export const unpassedOf = async (tx: Tx, requestId: string): Promise<string[]> =>
  idsOf(
    await rows(
      tx.q,
      identified,
      sql`select id from agreements where request_id = ${requestId} and ${isUnpassed} and release_at <= app_now() order by id`,
    ),
  );
