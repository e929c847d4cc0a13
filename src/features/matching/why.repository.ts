import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import { askingSql } from "../cover-plans/index.ts";
import { askedHow } from "./seeking.repository.ts";
import { textArray } from "./sql.ts";

const line = z.object({
  id: z.string(),
  line: z.number(),
  service: z.string(),
  /** Of the line alone, without what its service always requires. */
  requires: z.array(z.string()),
  serviceRequires: z.array(z.string()),
  /** Needs that still look for cover. */
  looking: z.number(),
  isExplainDue: z.boolean(),
  /** The most urgent of its needs that still look, and how such a one is asked for. */
  priority: z.enum(["routine", "urgent", "asap"]),
  asking: askedHow,
});
export type LookingLine = z.output<typeof line>;

/** Every line of a request, with how much of it still looks for cover. */
export const readLookingLines = async (q: Queryable, requestId: string): Promise<LookingLine[]> =>
  rows(
    q,
    line,
    sql`
      select l.*, ${askingSql(sql`l.group_code`, sql`l.service`, sql`l.priority`)} as asking from (
      select l.id, l.position as line, l.service_code as service, l.requires, r.group_code,
             coalesce((select n.priority from needs n where n.line_id = l.id and n.state in ('open', 'offered')
                       order by array_position(array['asap', 'urgent', 'routine'], n.priority) limit 1), l.priority) as priority,
             coalesce((select s.requires from services s where s.code = l.service_code), '{}') as "serviceRequires",
             l.explain_due_at is not null as "isExplainDue",
             (select count(*)::int from needs n where n.line_id = l.id and n.state in ('open', 'offered')) as looking
      from need_lines l join cover_requests r on r.id = l.request_id where l.request_id = ${requestId}) l order by l.line`,
  );

const named = z.object({ code: z.string(), name: z.string() });

/** What organisations are called. */
export const namesOf = async (q: Queryable, codes: readonly string[]): Promise<ReadonlyMap<string, string>> =>
  new Map(
    (await rows(q, named, sql`select code, name from organisations where code = any(${textArray(codes)})`)).map(
      ({ code, name }) => [code, name],
    ),
  );

const wanting = z.object({
  lineId: z.string(),
  looking: z.number(),
  /** Put to nobody. */
  open: z.number(),
  /** Put to the practice that asks. */
  here: z.number(),
});
export type WantingLine = z.output<typeof wanting>;

/** Lines of other practices of the group that look for one of these services now, with how their needs stand. */
export const readWantingLines = async (
  q: Queryable,
  groupCode: string,
  wanted: { readonly services: readonly string[]; readonly by: string },
): Promise<WantingLine[]> =>
  rows(
    q,
    wanting,
    sql`
      select n.line_id as "lineId", count(*)::int as looking, (count(*) filter (where n.state = 'open'))::int as open,
             (count(*) filter (where exists (
                select 1 from offer_needs x join offers o on o.id = x.offer_id
                where x.need_id = n.id and x.is_live and o.state = 'waiting' and o.supporting_code = ${wanted.by})))::int as here
      from needs n
      join need_lines l on l.id = n.line_id
      join services s on s.code = l.service_code
      join cover_requests r on r.id = n.request_id
      where n.group_code = ${groupCode} and n.state in ('open', 'offered') and l.due_by > app_now() and r.paused_at is null
        and r.home_code <> ${wanted.by} and coalesce(s.matched_as, s.code) = any(${textArray(wanted.services)})
      group by 1 order by 1`,
  );
