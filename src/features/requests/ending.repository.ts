import { sql } from "drizzle-orm";
import { z } from "zod";
import { identified, rows, type Tx } from "../../platform/db/database.ts";

/** The first acknowledgement stands; later ones change nothing (R7). Says whether this one did. */
export const acknowledge = async (tx: Tx, needId: string, userId: string): Promise<boolean> => {
  const result = await tx.q.execute(sql`
    update needs set acknowledged_by = ${userId}, acknowledged_at = app_now()
    where id = ${needId} and state = 'returned' and acknowledged_at is null`);
  return (result.rowCount ?? 0) > 0;
};

const overdue = z.object({
  id: z.string(),
  ref: z.string(),
  requestId: z.string(),
  reference: z.string(),
  homeCode: z.string(),
  groupCode: z.string(),
  wasOffered: z.boolean(),
});
export type OverdueNeed = z.output<typeof overdue>;

/**
 * Locks requests of which a need found nobody by its due-by, at most `limit`. Those that another transaction is busy with
 * are left for the next sweep: a need that is being agreed this moment must not come back.
 */
export const lockOverdueRequests = async (tx: Tx, limit: number): Promise<string[]> => {
  const found = await rows(
    tx.q,
    identified,
    // From the needs that still look, with the time asked once: as a filter the function would be called for each line there is.
    sql`
      with late as materialized (
        select n.request_id from needs n join need_lines l on l.id = n.line_id
        where n.state in ('open', 'offered') and l.due_by <= (select app_now())
      )
      select r.id from cover_requests r where r.id in (select request_id from late)
      order by r.id limit ${limit} for no key update of r skip locked`,
  );
  return found.map(({ id }) => id);
};

/** Returns the overdue needs of locked requests. */
export const returnOverdueRows = async (tx: Tx, requestIds: readonly string[]): Promise<OverdueNeed[]> =>
  requestIds.length === 0
    ? []
    : rows(
        tx.q,
        overdue,
        sql`
          with due as (
            select n.id, n.state from needs n join need_lines l on l.id = n.line_id
            where n.request_id = any(${sql.param([...requestIds])}::uuid[])
              and n.state in ('open', 'offered') and l.due_by <= app_now()
            order by n.id for no key update of n
          )
          update needs set state = 'returned', ended_as = 'due-by-passed', ended_at = app_now(), widen_at = null
          from due, cover_requests r
          where needs.id = due.id and r.id = needs.request_id
          returning needs.id, needs.ref, needs.request_id as "requestId", r.reference, r.home_code as "homeCode",
            r.group_code as "groupCode", due.state = 'offered' as "wasOffered"`,
      );
