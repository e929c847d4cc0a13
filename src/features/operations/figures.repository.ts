import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";

const counted = z.record(z.string(), z.coerce.number());

const held = z.object({
  due: z.coerce.number(),
  dueAge: z.coerce.number(),
  offers: counted,
  overdue: z.coerce.number(),
  needs: counted,
  atRisk: z.coerce.number(),
  purgeAge: z.coerce.number(),
  sealAge: z.coerce.number(),
});
export type HeldFigures = z.output<typeof held>;

/** SQL: seconds from `at` to now, never below nought; nought where there is none. */
const age = (at: ReturnType<typeof sql>) => sql`coalesce(greatest(extract(epoch from app_now() - ${at}), 0), 0)`;

/** What monitors want to know, in one statement over partial indexes: open work only, never history. */
export const readFigures = async (q: Queryable): Promise<HeldFigures> => {
  const [found] = await rows(
    q,
    held,
    sql`
      with open_needs as (
        select n.state, l.due_by from needs n join need_lines l on l.id = n.line_id
        where n.state in ('open', 'offered')
      ), waiting as (select priority, expires_at from offers where state = 'waiting'),
      last_seal as (select era, until_xid from audit_seals order by id desc limit 1)
      select (select count(*) from match_due where match_due_at <= app_now()) as due,
             ${age(sql`(select min(match_due_at) from match_due)`)} as "dueAge",
             (select jsonb_object_agg(p, (select count(*) from waiting where priority = p))
              from unnest(array['routine', 'urgent', 'asap']) p) as offers,
             ${age(sql`(select min(expires_at) from waiting)`)} as overdue,
             (select jsonb_object_agg(s, (select count(*) from open_needs where state = s))
              from unnest(array['open', 'offered']) s) as needs,
             (select count(*) from open_needs where due_by < app_now() + interval '1 day') as "atRisk",
             ${age(sql`(select min(due_at) from purges)`)} as "purgeAge",
             ${age(sql`(
               select e.at from audit_entries e
               where (e.era, e.xid) >= (coalesce((select era from last_seal), 0), coalesce((select until_xid from last_seal), 0))
               order by e.era, e.xid limit 1)`)} as "sealAge"`,
  );
  if (found === undefined) throw new Error("the figures came without a row");
  return found;
};
