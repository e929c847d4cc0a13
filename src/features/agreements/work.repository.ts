import { sql } from "drizzle-orm";
import { z } from "zod";
import { isoText } from "../../platform/db/iso-text.ts";
import { rows, type Queryable } from "../../platform/db/database.ts";
import { londonToday } from "../../platform/db/london-today.ts";
import { handoverSteps } from "./agreements.schema.ts";
import { mine, type Reader } from "./list.repository.ts";

const work = z.object({
  id: z.string(),
  reference: z.string(),
  ref: z.string(),
  course: z.string().nullable(),
  service: z.string(),
  checklist: z.array(z.string()),
  homeCode: z.string(),
  homeName: z.string(),
  supportingCode: z.string(),
  supportingName: z.string(),
  siteName: z.string(),
  startsAt: z.coerce.date(),
  step: z.enum(handoverSteps),
  isLive: z.boolean(),
  hasStarted: z.boolean(),
  /** Its next step is late: its owner was chased, or home was warned of release-by. */
  isLate: z.boolean(),
  /** Not passed on by then, the time goes back; null: nothing takes it away, or it is passed on. */
  releaseAt: z.coerce.date().nullable(),
  /** Home has not yet asked for more time. */
  canExtend: z.boolean(),
  /** Home was warned of it, and the passing on is late. */
  isWarned: z.boolean(),
  /** Its last step that counts: what may still be taken back. */
  last: z.object({ step: z.string(), at: z.iso.datetime({ offset: true }) }).nullable(),
});
export type WorkRow = z.output<typeof work>;

/**
 * The agreements in which a step is still to be ticked, by anybody, and those that were finished today and may be taken
 * back; by start.
 */
export const workOf = async (
  q: Queryable,
  reader: Reader,
  filter: { readonly reference?: string; readonly id?: string; readonly limit: number },
): Promise<WorkRow[]> =>
  rows(
    q,
    work,
    sql`
      select a.id, r.reference, n.ref, n.course, l.service_code as service, s.handover_checklist as checklist,
             a.home_code as "homeCode", home.name as "homeName", a.supporting_code as "supportingCode",
             supporting.name as "supportingName", site.name as "siteName", ${isoText(sql`a.starts_at`)} as "startsAt",
             a.step, a.is_live as "isLive", a.starts_at <= app_now() as "hasStarted",
             coalesce(a.late_for = a.step and a.late_at <= app_now(), false) as "isLate",
             case when a.step in ('agreed', 'blocked') then a.release_at end as "releaseAt",
             a.step in ('agreed', 'blocked') and a.release_at is not null and a.release_extended_at is null as "canExtend",
             a.step in ('agreed', 'blocked') and a.release_at is not null and a.release_warn_at is null as "isWarned",
             (select jsonb_build_object('step', x.step, 'at', x.at) from agreement_steps x
              where x.agreement_id = a.id and x.undone_at is null and x.step = a.step order by x.at desc limit 1) as last
      from agreements a
      join cover_requests r on r.id = a.request_id
      join needs n on n.id = a.need_id
      join need_lines l on l.id = n.line_id
      join services s on s.code = l.service_code
      join organisations home on home.code = a.home_code
      join organisations supporting on supporting.code = a.supporting_code
      join clinics c on c.id = a.clinic_id
      join sites site on site.id = c.site_id
      where ${mine(reader)} and a.is_live
        and (a.step in ('agreed', 'blocked', 'passed', 'booked', 'told')
             or (a.step in ('attended', 'dna') and a.step_at >= ${londonToday}))
        ${filter.reference === undefined ? sql`` : sql`and r.reference = ${filter.reference}`}
        ${filter.id === undefined ? sql`` : sql`and a.id = ${filter.id}`}
      order by a.starts_at, r.reference, n.ref limit ${filter.limit}`,
  );
