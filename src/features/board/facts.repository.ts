import { sql } from "drizzle-orm";
import { rows, type Queryable } from "../../platform/db/database.ts";
import { fact, place, type Fact, type Place } from "./facts.schema.ts";

/** How long a request that has ended still counts in the times. */
export const COUNTED_DAYS = 28;
const AT_MOST = 2_000;

/**
 * Every request of the group that is open or was posted in the last 28 days, newest first, with all that the broker's
 * second view counts. The plots and the lists behind them are made from the same rows, so a number and what it opens agree.
 */
export const readFacts = async (q: Queryable, groupCode: string): Promise<Fact[]> =>
  rows(
    q,
    fact,
    sql`
      with chosen as materialized (
        select r.id, r.reference, r.home_code, r.priority, r.created_at, r.paused_at from cover_requests r
        where r.group_code = ${groupCode} and (r.created_at > app_now() - ${COUNTED_DAYS} * interval '1 day'
          or exists (select 1 from needs n where n.request_id = r.id and (n.state in ('open', 'offered', 'agreed', 'told')
                     or (n.state = 'returned' and n.acknowledged_at is null))))
        order by r.created_at desc, r.id desc limit ${AT_MOST}
      ), by_line as (
        select l.request_id, l.position, l.service_code, l.due_by,
          count(*) filter (where n.state in ('open', 'offered')) as looking,
          count(*) filter (where n.state = 'agreed' and a.step is distinct from 'booked') as agreed,
          count(*) filter (where n.state = 'agreed' and a.step = 'booked') as booked,
          count(*) filter (where n.state in ('told', 'closed')) as told,
          count(*) filter (where n.state = 'returned') as returned
        from chosen r join need_lines l on l.request_id = r.id join needs n on n.line_id = l.id
        left join agreements a on a.need_id = n.id and a.is_live
        group by l.id
      ), lines as (
        select request_id, sum(looking + returned) as uncovered,
          json_agg(json_build_array(service_code, due_by, looking, agreed, booked, told, returned) order by position) as lines
        from by_line group by request_id
      ), asked as (
        select o.request_id, min(o.created_at) as first_at,
          coalesce(array_agg(o.supporting_code) filter (where o.state = 'waiting' and o.awaiting = 'supporting'), '{}') as codes
        from chosen r join offers o on o.request_id = r.id group by o.request_id
      ), given as (
        select a.request_id, min(a.created_at) as first_at, max(a.created_at) filter (where a.is_live) as last_at,
          coalesce(array_agg(a.supporting_code) filter (where a.is_live and a.ends_at > app_now()), '{}') as codes
        from chosen r join agreements a on a.request_id = r.id group by a.request_id
      )
      select r.reference, r.home_code as "homeCode", home.name as "homeName", r.priority, r.created_at as "postedAt",
        r.paused_at is not null as "isPaused", lines.lines, coalesce(asked.codes, '{}') as asked,
        coalesce(given.codes, '{}') as giving,
        (extract(epoch from least(asked.first_at, given.first_at) - r.created_at) / 60)::float8 as "firstMinutes",
        case when lines.uncovered = 0 then (extract(epoch from given.last_at - r.created_at) / 60)::float8 end as "fullMinutes"
      from chosen r join organisations home on home.code = r.home_code join lines on lines.request_id = r.id
      left join asked on asked.request_id = r.id left join given on given.request_id = r.id
      order by r.created_at desc, r.id desc`,
  );

/** The practices and hubs of a group, by name. */
export const readPlaces = async (q: Queryable, groupCode: string): Promise<Place[]> =>
  rows(
    q,
    place,
    sql`select o.code, o.name, o.lat, o.lon from sharing_memberships m join organisations o on o.code = m.organisation_code
        where m.group_code = ${groupCode} and o.kind <> 'federation' and o.status = 'ACTIVE' order by o.name, o.code`,
  );
