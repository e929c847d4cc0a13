import { sql } from "drizzle-orm";
import type { Tx } from "../../platform/db/database.ts";
import { countsOf, type CountedRequest } from "./counts.repository.ts";

/*
 * What a plan counts on is looked at by the database, under the lock and on the way to the commit: `expect_as_read` refuses
 * where it no longer holds, and then the unit runs again (see `transact`). So nobody waits to hear that it does.
 */

/** Locks requests as `lockRequests` does, and expects each at the version that was read. */
export const expectRequests = (tx: Tx, versions: ReadonlyMap<string, number>): void =>
  tx.write(sql`
    with locked as materialized (
      select id, version from cover_requests where id = any(${sql.param([...versions.keys()])}::uuid[])
      order by id for no key update
    )
    select expect_as_read(count(*) = ${versions.size}
                          and bool_and(version = (${JSON.stringify(Object.fromEntries(versions))}::jsonb ->> id::text)::int))
    from locked`);

/** Expects that locked requests stand as they were counted, and that all these needs of theirs look for cover. */
export const expectCounts = (tx: Tx, counted: readonly CountedRequest[], lookingIds: readonly string[]): void => {
  const requestIds = sql`${sql.param(counted.map(({ requestId }) => requestId))}::uuid[]`;
  tx.write(sql`
    select expect_as_read(
      (select jsonb_object_agg("requestId", to_jsonb(one)) from (${countsOf(requestIds)}) one)
        = ${JSON.stringify(Object.fromEntries(counted.map((one) => [one.requestId, one])))}::jsonb
      and (select count(*) from needs where id = any(${sql.param([...lookingIds])}::uuid[]) and state in ('open', 'offered'))
        = ${lookingIds.length})`);
};
