import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";

const need = z.object({
  service: z.string(),
  /** London date of the due-by. */
  day: z.string(),
  looking: z.number(),
  agreed: z.number(),
  booked: z.number(),
  told: z.number(),
  returned: z.number(),
  /** Looking, and due before the board's horizon. */
  atRisk: z.number(),
});
export type SitrepRow = z.output<typeof need>;

/** The needs of a group that are due from today on, or came back and nobody has acknowledged, by service and day. */
export const readSitrepRows = async (q: Queryable, groupCode: string, horizon: Date): Promise<SitrepRow[]> =>
  rows(
    q,
    need,
    sql`
      select l.service_code as service, (l.due_by at time zone 'Europe/London')::date::text as day,
        count(*) filter (where n.state in ('open', 'offered'))::int as looking,
        count(*) filter (where n.state = 'agreed' and a.step is distinct from 'booked')::int as agreed,
        count(*) filter (where n.state = 'agreed' and a.step = 'booked')::int as booked,
        count(*) filter (where n.state in ('told', 'closed'))::int as told,
        count(*) filter (where n.state = 'returned' and n.acknowledged_at is null)::int as returned,
        count(*) filter (where n.state in ('open', 'offered') and l.due_by < ${horizon.toISOString()}::timestamptz)::int as "atRisk"
      from needs n join need_lines l on l.id = n.line_id left join agreements a on a.need_id = n.id and a.is_live
      where n.group_code = ${groupCode} and n.state in ('open', 'offered', 'agreed', 'told', 'closed', 'returned')
        and ((l.due_by at time zone 'Europe/London')::date >= (app_now() at time zone 'Europe/London')::date
          or (n.state = 'returned' and n.acknowledged_at is null))
      group by 1, 2 order by 2, 1`,
  );
