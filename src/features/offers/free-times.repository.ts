import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import { isAskableSql, isSignedSql } from "../practices/index.ts";

const freeTime = z.object({
  slotId: z.string(),
  clinicId: z.string(),
  supportingCode: z.string(),
  supportingName: z.string(),
  phone: z.string().nullable(),
  km: z.number(),
  services: z.array(z.string()),
  startsAt: z.coerce.date(),
  endsAt: z.coerce.date(),
  /** Ids of the needs that may be seen then. */
  needIds: z.array(z.string()),
});
export type FreeTime = z.output<typeof freeTime>;

const AT_MOST = 300;

/**
 * Free slots of the group that could take needs of a request which still look, nearest practice first: signed (P6), of the
 * right service, channel and requirements, within the window, and not what the patient said no to. Distance, daily cap and
 * the switch for being asked are the broker's to judge: somebody has been spoken to.
 */
export const readFreeTimes = async (
  q: Queryable,
  requestId: string,
  slotIds?: readonly string[],
): Promise<FreeTime[]> =>
  rows(
    q,
    freeTime,
    sql`
      with wanted as (
        select n.id, n.excluded_times, r.home_code, r.group_code, l.service_code, l.channel, l.requires,
          greatest(l.earliest, app_now()) as earliest, l.due_by
        from cover_requests r join needs n on n.request_id = r.id join need_lines l on l.id = n.line_id
        where r.id = ${requestId} and n.state in ('open', 'offered')
      )
      select s.id as "slotId", c.id as "clinicId", o.code as "supportingCode", o.name as "supportingName",
        o.bypass_phone as phone, nb.km, c.services, s.starts_at as "startsAt", s.ends_at as "endsAt",
        array_agg(w.id::text order by w.id) as "needIds"
      from wanted w
      join sharing_memberships m on m.group_code = w.group_code and m.organisation_code <> w.home_code and ${isSignedSql("m")}
      join organisations o on o.code = m.organisation_code and ${isAskableSql("o")}
      join neighbours nb on nb.home_code = w.home_code and nb.host_code = o.code
      join clinics c on c.organisation_code = o.code and c.withdrawn_at is null and c.channel = w.channel
        and w.service_code = any(c.services) and w.requires <@ (c.provides || o.provides)
        and c.ends_at > w.earliest and c.starts_at < w.due_by
      join slots s on s.clinic_id = c.id and s.state = 'free' and s.starts_at >= w.earliest and s.ends_at <= w.due_by
      where not exists (select 1 from need_exclusions x
                        where x.need_id = w.id and x.organisation_code = o.code and x.reason = 'patient-no')
        and not exists (select 1 from jsonb_to_recordset(coalesce(w.excluded_times, '[]')) as t("from" timestamptz, "until" timestamptz)
                        where t."from" < s.ends_at and t."until" > s.starts_at)
        and ${slotIds === undefined ? sql`true` : sql`s.id = any(${sql.param([...slotIds])}::uuid[])`}
      group by s.id, c.id, o.code, nb.km
      order by nb.km, o.code, s.starts_at, s.id limit ${AT_MOST}`,
  );

const lookingNeed = z.object({
  needId: z.string(),
  ref: z.string(),
  minutes: z.number(),
  earliest: z.coerce.date(),
  dueBy: z.coerce.date(),
});
export type LookingNeed = z.output<typeof lookingNeed>;

/** The needs of a request that still look, as far as fitting them into times goes. */
export const readLooking = async (q: Queryable, requestId: string): Promise<LookingNeed[]> =>
  rows(
    q,
    lookingNeed,
    sql`select n.id as "needId", n.ref, l.minutes, l.earliest, l.due_by as "dueBy"
        from needs n join need_lines l on l.id = n.line_id
        where n.request_id = ${requestId} and n.state in ('open', 'offered') order by n.id`,
  );
