import { sql } from "drizzle-orm";
import type { Queryable } from "../../platform/db/database.ts";

/**
 * Deletes entries whose last batch mate is older than `before`: whole sealed batches only, oldest first, so that what
 * remains can still be verified. The database refuses every other deletion. Answers how many entries went, about `limit`
 * at most. Call it in a transaction: the permission ends with it.
 */
export const purgeAudit = async (q: Queryable, before: Date, limit: number): Promise<number> => {
  await q.execute(sql`select set_config('covershare.purging', 'yes', true)`);
  const result = await q.execute(sql`
    with old as (
      select id, era, from_xid, until_xid, sum(count) over (order by id) - count as earlier from audit_seals
      where purged_at is null
        and id < coalesce((select min(id) from audit_seals where purged_at is null and last_at >= ${before}), 2147483647)
    ), due as (select * from old where earlier < ${limit}),
    marked as (update audit_seals set purged_at = app_now() where id in (select id from due) returning id),
    gone as (
      delete from audit_entries e using due
      where e.era = due.era and e.xid >= due.from_xid and e.xid < due.until_xid and due.id in (select id from marked)
      returning 1)
    select 1 from gone`);
  await q.execute(sql`select set_config('covershare.purging', 'no', true)`);
  return result.rowCount ?? 0;
};
