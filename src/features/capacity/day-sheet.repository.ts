import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";

const instant = z.coerce.date();
/** Arrays of instants come as milliseconds: the driver knows no other way to parse them. */
const instants = z.array(z.number().transform((ms) => new Date(ms)));

const clinic = z.object({
  id: z.string(),
  site: z.string(),
  lane: z.string().nullable(),
  startsAt: instant,
  endsAt: instant,
  /** Starts of slots that nobody has: free, and held while an offer waits. */
  free: instants,
  held: instants,
});
export type SheetClinic = z.output<typeof clinic>;

const appointment = z.object({
  clinicId: z.string(),
  startsAt: instant,
  endsAt: instant,
  reference: z.string(),
  needRef: z.string(),
  course: z.string().nullable(),
  service: z.string(),
  homeName: z.string(),
  channel: z.string(),
  requires: z.array(z.string()),
  step: z.string(),
  isBlocked: z.boolean(),
  checklist: z.array(z.string()),
});
export type SheetAppointment = z.output<typeof appointment>;

interface Window {
  readonly from: Date;
  readonly until: Date;
}

/** An organisation's own clinics that start in the window, with what is not given; withdrawn ones are left out. */
export const clinicsOn = async (
  q: Queryable,
  organisationCode: string,
  { from, until }: Window,
): Promise<SheetClinic[]> =>
  rows(
    q,
    clinic,
    sql`
      select c.id, site.name as site, c.lane, c.starts_at as "startsAt", c.ends_at as "endsAt",
             array(select (extract(epoch from s.starts_at) * 1000)::float8 from slots s where s.clinic_id = c.id and s.state = 'free' order by 1) as free,
             array(select (extract(epoch from s.starts_at) * 1000)::float8 from slots s where s.clinic_id = c.id and s.state = 'busy-tentative' order by 1) as held
      from clinics c join sites site on site.id = c.site_id
      where c.organisation_code = ${organisationCode} and c.starts_at >= ${from} and c.starts_at < ${until}
        and c.withdrawn_at is null
      order by c.starts_at, c.lane, c.id`,
  );

/** What the organisation has given neighbours in the window: references and flags, no identity (P1). */
export const appointmentsOn = async (
  q: Queryable,
  organisationCode: string,
  { from, until }: Window,
): Promise<SheetAppointment[]> =>
  rows(
    q,
    appointment,
    sql`
      select a.clinic_id as "clinicId", a.starts_at as "startsAt", a.ends_at as "endsAt", r.reference, n.ref as "needRef",
             n.course, l.service_code as service, home.name as "homeName", l.channel, l.requires, a.step,
             exists (select 1 from agreement_steps x where x.agreement_id = a.id and x.step = 'blocked'
                     and x.undone_at is null) as "isBlocked",
             s.handover_checklist as checklist
      from agreements a
      join cover_requests r on r.id = a.request_id
      join needs n on n.id = a.need_id
      join need_lines l on l.id = n.line_id
      join services s on s.code = l.service_code
      join organisations home on home.code = a.home_code
      where a.supporting_code = ${organisationCode} and a.is_live and a.starts_at >= ${from} and a.starts_at < ${until}
      order by a.starts_at, r.reference, n.ref`,
  );
