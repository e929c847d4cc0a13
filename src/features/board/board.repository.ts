import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import { risk, type Horizons, type Risk } from "./board.schema.ts";

/** Of the needs `n` of a group: words do not sort by urgency. */
const mostUrgent = sql`case when bool_or(n.priority = 'asap') then 'asap'
  when bool_or(n.priority = 'urgent') then 'urgent' else 'routine' end`;

/** Most at risk first: what a patient is already without, then by the time that is left. */
const ORDER = sql`case when risks.kind in ('returned', 'ring-patient') then 0 else 1 end, at, reference, risks.kind`;

/** SQL: the horizon of a desk. */
const before = ({ common }: Horizons, desk: SQL): SQL =>
  sql`coalesce((select h."until" from horizons h where h.code = ${desk}), ${common.toISOString()}::timestamptz)`;

/**
 * What breaks before the horizon of the desk concerned in a sharing group, most at risk first: needs that nobody has taken, needs that came back
 * and that nobody has acknowledged, patients who go by a time that no longer stands or were not seen, desks that have not
 * looked by half of an offer's time or have looked and not answered, agreed times that are not blocked, and patients who
 * have not been told: also where the time has passed and nobody says how it went.
 */
export const listRisks = async (q: Queryable, groupCode: string, horizons: Horizons, limit: number): Promise<Risk[]> =>
  rows(
    q,
    risk,
    sql`
      with horizons as (
        select h.code, h."until" from jsonb_to_recordset(${JSON.stringify(
          [...horizons.own].map(([code, until]) => ({ code, until })),
        )}::jsonb) as h(code text, "until" timestamptz)
      ), waiting as (
        select case when o.seen_at is null then 'silent' else 'unanswered' end as kind, o.request_id, o.priority,
          case o.awaiting when 'home' then o.home_code else o.supporting_code end as desk, o.expires_at as at,
          (select count(*) from offer_needs x where x.offer_id = o.id and x.is_live)::int as needs,
          (select coalesce(array_agg(distinct l.service_code), '{}') from offer_needs x join needs n on n.id = x.need_id
             join need_lines l on l.id = n.line_id where x.offer_id = o.id and x.is_live) as services
        from offers o
        where o.group_code = ${groupCode} and o.state = 'waiting'
          -- Half of the desk's open time where that is worked out, as for its alarm (T1).
          and app_now() >= coalesce((select w.half_at from alarm_watches w where w.kind = 'offer' and w.subject = o.id),
                                    o.created_at + (o.expires_at - o.created_at) / 2)
      ), risks as (
        select 'uncovered' as kind, r.id as request_id, ${mostUrgent} as priority, r.home_code as desk, min(l.due_by) as at,
          count(*)::int as needs, array_agg(distinct l.service_code) as services
        from needs n join need_lines l on l.id = n.line_id join cover_requests r on r.id = n.request_id
        where n.group_code = ${groupCode} and n.state in ('open', 'offered') and l.due_by < ${before(horizons, sql`r.home_code`)}
        group by r.id
        union all
        select 'returned', r.id, ${mostUrgent}, r.home_code, min(l.due_by), count(*)::int,
          array_agg(distinct l.service_code)
        from needs n join need_lines l on l.id = n.line_id join cover_requests r on r.id = n.request_id
        where n.group_code = ${groupCode} and n.state = 'returned' and n.acknowledged_at is null
        group by r.id
        union all
        select 'ring-patient', t.request_id, ${mostUrgent}, t.home_code, min(least(t.before, t.after)),
          count(*)::int, array_agg(distinct l.service_code)
        from patient_tasks t join agreements a on a.id = t.agreement_id join needs n on n.id = a.need_id
        join need_lines l on l.id = n.line_id
        where t.group_code = ${groupCode} and t.acknowledged_at is null and t.withdrawn_at is null
        group by t.request_id, t.home_code
        union all
        select kind, request_id, priority, desk, at, needs, services from waiting
        union all
        select case when a.step = 'agreed' then 'not-blocked' else 'not-told' end, a.request_id, ${mostUrgent},
          case when a.step in ('agreed', 'passed') then a.supporting_code else a.home_code end, min(a.starts_at),
          count(*)::int, array_agg(distinct l.service_code)
        from agreements a join needs n on n.id = a.need_id join need_lines l on l.id = n.line_id
        where a.group_code = ${groupCode} and a.is_live and a.step in ('agreed', 'blocked', 'passed', 'booked')
          and a.starts_at < ${before(horizons, sql`case when a.step in ('agreed', 'passed') then a.supporting_code else a.home_code end`)}
        group by 1, a.request_id, 4
      )
      select risks.kind, r.reference, needs, services, risks.priority, home.name as "homeName", desk.name as "deskName",
        desk.bypass_phone as phone, at
      from risks join cover_requests r on r.id = risks.request_id
      join organisations home on home.code = r.home_code join organisations desk on desk.code = risks.desk
      order by ${ORDER} limit ${limit}`,
  );

const totals = z.object({ looking: z.number(), agreed: z.number(), booked: z.number(), told: z.number() });

/** Where the needs of the group's open requests stand now (R8). */
export const groupTotals = async (q: Queryable, groupCode: string): Promise<z.output<typeof totals>> => {
  const [found] = await rows(
    q,
    totals,
    sql`
      select count(*) filter (where n.state in ('open', 'offered'))::int as looking,
        count(*) filter (where n.state = 'agreed' and a.step is distinct from 'booked')::int as agreed,
        count(*) filter (where n.state = 'agreed' and a.step = 'booked')::int as booked,
        count(*) filter (where n.state = 'told')::int as told
      from needs n left join agreements a on a.need_id = n.id and a.is_live
      where n.group_code = ${groupCode} and n.state in ('open', 'offered', 'agreed', 'told')`,
  );
  return found ?? { looking: 0, agreed: 0, booked: 0, told: 0 };
};
