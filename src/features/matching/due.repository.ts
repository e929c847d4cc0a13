import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable, type Tx } from "../../platform/db/database.ts";

const coded = z.object({ code: z.string() });

export const dueRow = z.object({ id: z.coerce.number(), cause: z.string() });
export type DueRow = z.output<typeof dueRow>;

/** SQL: what is due for matching in a group now. Exactly these rows are deleted later: ids commit out of order. */
export const dueIn = (groupCode: string | SQL): SQL =>
  sql`select id, cause from match_due where group_code = ${groupCode} and match_due_at <= app_now()`;

export const readDue = async (q: Queryable, groupCode: string): Promise<DueRow[]> => rows(q, dueRow, dueIn(groupCode));

/** Says that a plan has seen this. */
export const clearDue = (tx: Tx, ids: readonly number[]): void => {
  if (ids.length > 0) tx.write(sql`delete from match_due where id = any(${sql.param([...ids])}::bigint[])`);
};

/** Makes the group due at a later time, once: when the first closed desk opens (A6). */
export const dueAgainAt = (tx: Tx, groupCode: string, at: Date): void => {
  tx.write(sql`
    insert into match_due (group_code, cause, match_due_at)
    select ${groupCode}, 'desk.opens', ${at} where not exists
      (select 1 from match_due where group_code = ${groupCode} and cause = 'desk.opens' and match_due_at = ${at})`);
};

/** Groups for which something is due, the longest waiting first: what the sweep finds whatever the queue lost (M5). */
export const groupsDue = async (q: Queryable): Promise<string[]> =>
  (
    await rows(
      q,
      coded,
      sql`select group_code as code from match_due where match_due_at <= app_now() group by 1 order by min(match_due_at), 1`,
    )
  ).map((row) => row.code);

/** Widens every need whose ring's wait has passed unanswered (A3), and makes its group due. Returns the groups. */
export const widenWaiting = async (tx: Tx): Promise<string[]> =>
  (
    await rows(
      tx.q,
      coded,
      sql`
        with passed as (
          select id from needs where widen_at <= app_now() and state in ('open', 'offered') order by id
          for no key update skip locked limit 2000
        ), widened as (
          update needs set ring = least(needs.ring + 1, 3), extra_asks = needs.extra_asks + 1, widen_at = null
          from passed where needs.id = passed.id returning needs.group_code
        )
        select distinct group_code as code from widened order by 1`,
    )
  ).map((row) => row.code);
