import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";

/** Something open whose alarm times are not worked out yet, or were from other facts. */
const unwatched = z.object({
  kind: z.enum(["line", "offer", "task"]),
  subject: z.string(),
  /** The desk whose open hours count. */
  deskCode: z.string(),
  from: z.coerce.date(),
  until: z.coerce.date(),
  basis: z.string(),
});
export type Unwatched = z.output<typeof unwatched>;

/**
 * Need lines that look for cover, offers that nobody has seen, patients to be rung: those without times that are still right.
 * What the times depend on is the instant that ends them, and the hours of the desk's main site, looked up once for each desk.
 */
export const readUnwatched = async (q: Queryable, limit: number): Promise<Unwatched[]> =>
  rows(
    q,
    unwatched,
    sql`
      with open as (
        select 'line' as kind, l.id as subject, r.home_code as "deskCode", r.created_at as "from", l.due_by as until
        from (select distinct line_id from needs where state in ('open', 'offered')) looking
        join need_lines l on l.id = looking.line_id join cover_requests r on r.id = l.request_id
        union all
        select 'offer', o.id, case o.awaiting when 'home' then o.home_code else o.supporting_code end, o.created_at, o.expires_at
        from offers o where o.state = 'waiting' and o.seen_at is null
        union all
        select 'task', t.id, t.home_code, t.made_at, t.made_at
        from patient_tasks t where t.kind = 'ring-patient' and t.acknowledged_at is null and t.withdrawn_at is null
      ), hours as (
        select distinct on (organisation_code) organisation_code as code, md5(opening_hours::text) as basis
        from sites where organisation_code in (select "deskCode" from open)
        order by organisation_code, is_main desc, name, id
      ), based as (
        select open.*, extract(epoch from until)::bigint || ' ' || coalesce(hours.basis, '') as basis
        from open left join hours on hours.code = "deskCode"
      )
      select based.* from based left join alarm_watches w on w.kind = based.kind and w.subject = based.subject
      where w.subject is null or w.basis <> based.basis
      order by until, subject limit ${limit}`,
  );

export interface Watch {
  readonly kind: Unwatched["kind"];
  readonly subject: string;
  readonly halfAt: Date;
  readonly lastHourAt: Date | null;
  readonly basis: string;
}

export const saveWatches = async (q: Queryable, watches: readonly Watch[]): Promise<void> => {
  if (watches.length === 0) return;
  const input = [...watches].sort((left, right) => (left.subject < right.subject ? -1 : 1));
  await q.execute(sql`
    insert into alarm_watches (kind, subject, half_at, last_hour_at, basis)
    select kind, subject, "halfAt", "lastHourAt", basis from jsonb_to_recordset(${JSON.stringify(input)}::jsonb)
      as t(kind text, subject uuid, "halfAt" timestamptz, "lastHourAt" timestamptz, basis text)
    on conflict (kind, subject) do update set half_at = excluded.half_at, last_hour_at = excluded.last_hour_at,
      basis = excluded.basis`);
};

/** Forgets the times of whatever is settled, so that what is watched is what is open. */
export const dropSettledWatches = async (q: Queryable): Promise<void> => {
  await q.execute(sql`
    delete from alarm_watches w where case w.kind
      when 'line' then not exists (select 1 from needs n where n.line_id = w.subject and n.state in ('open', 'offered'))
      when 'offer' then not exists (select 1 from offers o where o.id = w.subject and o.state = 'waiting' and o.seen_at is null)
      else not exists (select 1 from patient_tasks t where t.id = w.subject and t.acknowledged_at is null and t.withdrawn_at is null)
    end`);
};
