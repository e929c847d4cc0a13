import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import type { Scope } from "./requests.policy.ts";
import { inScope } from "./requests.repository.ts";
import { onlyCounts } from "./requests.rules.ts";
import { countsView, priorities, shortfallReasons, type Counts } from "./requests.schema.ts";

/** The same as `countNeeds` of the rules, for many requests at once; a test holds the two against each other. */
const counting: SQL = sql`
  count(*) filter (where n.state in ('open', 'offered'))::int as looking,
  count(*) filter (where n.state = 'agreed' and a.step is distinct from 'booked')::int as agreed,
  count(*) filter (where n.state = 'agreed' and a.step = 'booked')::int as booked,
  count(*) filter (where n.state in ('told', 'closed'))::int as told,
  count(*) filter (where n.state = 'withdrawn')::int as withdrawn,
  count(*) filter (where n.state = 'sorted')::int as sorted,
  count(*) filter (where n.state = 'returned')::int as returned,
  count(*) filter (where n.state = 'returned' and n.acknowledged_at is null)::int as unacknowledged`;

export const countedRow = z.object({
  ...countsView.shape,
  requestId: z.string(),
  reference: z.string(),
  homeCode: z.string(),
  groupCode: z.string(),
});
export type CountedRequest = z.output<typeof countedRow>;

/** SQL: where requests stand, with what is needed to tell people about it. */
export const countsOf = (requestIds: SQL): SQL => sql`
  select r.id as "requestId", r.reference, r.home_code as "homeCode", r.group_code as "groupCode", ${counting}
  from cover_requests r join needs n on n.request_id = r.id
  left join agreements a on a.need_id = n.id and a.is_live
  where r.id = any(${requestIds}) group by r.id order by r.id`;

export const countRequests = async (q: Queryable, requestIds: readonly string[]): Promise<CountedRequest[]> =>
  requestIds.length === 0 ? [] : rows(q, countedRow, countsOf(sql`${sql.param([...requestIds])}::uuid[]`));

/** The four counts of R8, and how the others ended, by request id. */
export const requestCounts = async (q: Queryable, requestIds: readonly string[]): Promise<Map<string, Counts>> =>
  new Map((await countRequests(q, requestIds)).map((request) => [request.requestId, onlyCounts(request)]));

const summary = z.object({
  ...countsView.shape,
  id: z.string(),
  reference: z.string(),
  homeCode: z.string(),
  homeName: z.string(),
  priority: z.enum(priorities),
  reason: z.enum(shortfallReasons),
  createdAt: z.coerce.date(),
  isPaused: z.boolean(),
  nextDueBy: z.coerce.date().nullable(),
  services: z.array(z.string()),
});
export type SummaryRecord = z.output<typeof summary>;

/** Where a page starts: after this request, going back in time. */
export interface PageStart {
  readonly createdAt: Date;
  readonly id: string;
}

/** Something still has to happen: a need is live, or its return is not acknowledged (R7). */
const isOpen = sql`exists (
  select 1 from needs x where x.request_id = r.id
    and (x.state in ('open', 'offered', 'agreed', 'told') or (x.state = 'returned' and x.acknowledged_at is null)))`;

export const listRequests = async (
  q: Queryable,
  scope: Scope,
  filter: { state: "open" | "ended" | undefined; after: PageStart | undefined; limit: number },
): Promise<SummaryRecord[]> => {
  const { state, after, limit } = filter;
  const byState = state === undefined ? sql`true` : state === "open" ? isOpen : sql`not ${isOpen}`;
  const onPage =
    after === undefined
      ? sql`true`
      : sql`(r.created_at, r.id) < (${after.createdAt.toISOString()}::timestamptz, ${after.id}::uuid)`;
  return rows(
    q,
    summary,
    sql`
      with page as (
        select r.* from cover_requests r where ${inScope(scope)} and ${byState} and ${onPage}
        order by r.created_at desc, r.id desc limit ${limit}
      )
      select r.id, r.reference, r.home_code as "homeCode", o.name as "homeName", r.priority, r.reason,
        r.created_at as "createdAt", r.paused_at is not null as "isPaused", c.*
      from page r join organisations o on o.code = r.home_code
      cross join lateral (
        select ${counting},
          min(l.due_by) filter (where n.state in ('open', 'offered')) as "nextDueBy",
          array_agg(distinct l.service_code) as services
        from needs n join need_lines l on l.id = n.line_id
        left join agreements a on a.need_id = n.id and a.is_live
        where n.request_id = r.id
      ) c
      order by r.created_at desc, r.id desc`,
  );
};
