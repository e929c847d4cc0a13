import { sql } from "drizzle-orm";
import type { Tx } from "../../platform/db/database.ts";
import { madeOnce } from "../../platform/db/made-once.ts";
import { countsOf, type CountedRequest } from "./counts.repository.ts";

/*
 * What a plan counts on is looked at by the database, under the lock and on the way to the commit: `expect_as_read` refuses
 * where it no longer holds, and then the unit runs again (see `transact`). So nobody waits to hear that it does.
 */

const requestsAsRead = madeOnce(
  () => sql`
    with locked as materialized (
      select id, version from cover_requests where id = any(${sql.placeholder("ids")}::uuid[])
      order by id for no key update
    )
    select expect_as_read(count(*) = cardinality(${sql.placeholder("ids")}::uuid[])
                          and bool_and(version = (${sql.placeholder("versions")}::jsonb ->> id::text)::int))
    from locked`,
);

/** Locks requests as `lockRequests` does, and expects each at the version that was read. */
export const expectRequests = (tx: Tx, versions: ReadonlyMap<string, number>): void =>
  tx.write(requestsAsRead({ ids: [...versions.keys()], versions: JSON.stringify(Object.fromEntries(versions)) }));

const countsAsRead = madeOnce(
  () => sql`
    select expect_as_read(
      (select jsonb_object_agg("requestId", to_jsonb(one)) from (${countsOf(sql`${sql.placeholder("requestIds")}::uuid[]`)}) one)
        = ${sql.placeholder("counted")}::jsonb
      and (select count(*) from needs where id = any(${sql.placeholder("lookingIds")}::uuid[]) and state in ('open', 'offered'))
        = cardinality(${sql.placeholder("lookingIds")}::uuid[]))`,
);

/** Expects that locked requests stand as they were counted, and that all these needs of theirs look for cover. */
export const expectCounts = (tx: Tx, counted: readonly CountedRequest[], lookingIds: readonly string[]): void =>
  tx.write(
    countsAsRead({
      requestIds: counted.map(({ requestId }) => requestId),
      counted: JSON.stringify(Object.fromEntries(counted.map((one) => [one.requestId, one]))),
      lookingIds,
    }),
  );
