import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import { priorities } from "../requests/index.ts";
import { alarmKinds } from "./alarms.rules.ts";
import { endings } from "./alarms.schema.ts";

const cause = z.object({
  kind: z.enum(alarmKinds),
  subject: z.string(),
  groupCode: z.string(),
  requestId: z.string().nullable(),
  reference: z.string().nullable(),
  deskCode: z.string(),
  priority: z.enum(priorities),
  breaksAt: z.coerce.date().nullable(),
  /** How far the lesser alarm of the same line had climbed unacknowledged: the graver one does not begin below. */
  fromLevel: z.union([z.literal(0), z.literal(1), z.literal(2)]),
});
export type Cause = z.output<typeof cause>;

/** What is due to be raised and is not: every cause that is there now, without those that have a live alarm. */
export const readCauses = async (q: Queryable, limit: number): Promise<Cause[]> =>
  rows(
    q,
    cause,
    sql`
      with due as (
        select case when w.last_hour_at <= app_now() then 'last-hour' else 'half-way' end as kind, l.id::text as subject,
          r.group_code, r.id as request_id, r.reference, r.home_code as desk_code, l.due_by as breaks_at,
          (select case when bool_or(n.priority = 'asap') then 'asap' when bool_or(n.priority = 'urgent') then 'urgent' else 'routine' end
           from needs n where n.line_id = l.id and n.state in ('open', 'offered')) as priority
        from alarm_watches w join need_lines l on l.id = w.subject join cover_requests r on r.id = l.request_id
        where w.kind = 'line' and w.half_at <= app_now() and l.due_by > app_now()
          and exists (select 1 from needs n where n.line_id = l.id and n.state in ('open', 'offered'))
        union all
        select 'desk-silent', o.id::text, o.group_code, r.id, r.reference,
          case o.awaiting when 'home' then o.home_code else o.supporting_code end, o.expires_at, o.priority
        from alarm_watches w join offers o on o.id = w.subject join cover_requests r on r.id = o.request_id
        where w.kind = 'offer' and w.half_at <= app_now() and o.state = 'waiting' and o.seen_at is null and o.expires_at > app_now()
        union all
        select 'returned', r.id::text, r.group_code, r.id, r.reference, r.home_code, null::timestamptz,
          case when bool_or(n.priority = 'asap') then 'asap' when bool_or(n.priority = 'urgent') then 'urgent' else 'routine' end
        from needs n join cover_requests r on r.id = n.request_id
        where n.state = 'returned' and n.acknowledged_at is null group by r.id
        union all
        select 'ring-patient', t.id::text, t.group_code, r.id, r.reference, t.home_code, null::timestamptz, 'urgent'
        from alarm_watches w join patient_tasks t on t.id = w.subject join cover_requests r on r.id = t.request_id
        where w.kind = 'task' and w.half_at <= app_now() and t.acknowledged_at is null and t.withdrawn_at is null
        union all
        select 'mailbox-dead', c.organisation_code, m.group_code, null::uuid, null, c.organisation_code, null::timestamptz, 'routine'
        from reach_channels c join sharing_memberships m on m.organisation_code = c.organisation_code
        where c.failing_since is not null
      )
      select kind, subject, group_code as "groupCode", request_id as "requestId", reference, desk_code as "deskCode", priority,
        breaks_at as "breaksAt", case when kind = 'last-hour' then coalesce((
          select max(p.level) from alarms p where p.group_code = due.group_code and p.kind = 'half-way' and p.subject = due.subject and p.ended_as = 'last-hour'
            and p.acknowledged_at is null), 0) else 0 end as "fromLevel"
      from due where not exists (
        select 1 from alarms a where a.kind = due.kind and a.subject = due.subject and a.ended_at is null)
      order by kind, subject limit ${limit}`,
  );

const settled = z.object({ id: z.string(), endedAs: z.enum(endings) });

/**
 * Live alarms whose cause has gone, and how. One SQL case a kind: it answers null while the cause is there. A need that
 * was agreed and is open again is a cause again.
 */
export const readSettled = async (q: Queryable, limit: number): Promise<z.output<typeof settled>[]> =>
  rows(
    q,
    settled,
    sql`
      with judged as (
        select a.id, case
          when a.kind in ('half-way', 'last-hour') then (
            select case
              when count(*) filter (where n.state in ('open', 'offered')) > 0 then (
                select case
                  when (case a.kind when 'last-hour' then w.last_hour_at else w.half_at end) > app_now() then 'moved'
                  when a.kind = 'half-way' and w.last_hour_at <= app_now() then 'last-hour'
                end from alarm_watches w where w.kind = 'line' and w.subject = a.subject::uuid)
              when count(*) filter (where n.state = 'returned') > 0 then 'returned'
              when count(*) filter (where n.state in ('agreed', 'told', 'closed')) > 0 then 'covered'
              else 'not-needed' end
            from needs n where n.line_id = a.subject::uuid)
          when a.kind = 'desk-silent' then (
            select case when o.state = 'lapsed' then 'lapsed' when o.state = 'stood-down' then 'not-needed'
              when o.state <> 'waiting' then 'answered' when o.seen_at is not null then 'seen' end
            from offers o where o.id = a.subject::uuid)
          when a.kind = 'returned' then (
            select case when count(*) filter (where n.state = 'returned' and n.acknowledged_at is null) = 0
              then 'acknowledged-by-home' end from needs n where n.request_id = a.subject::uuid)
          when a.kind = 'ring-patient' then (
            select case when t.acknowledged_at is not null then 'acknowledged-by-home' when t.withdrawn_at is not null then 'not-needed' end
            from patient_tasks t where t.id = a.subject::uuid)
          else (select case when count(*) = 0 then 'mailbox-works' end from reach_channels c
                where c.organisation_code = a.subject and c.failing_since is not null)
        end as ended_as
        from alarms a where a.ended_at is null
      )
      select id, ended_as as "endedAs" from judged where ended_as is not null order by id limit ${limit}`,
  );
