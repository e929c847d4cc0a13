import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../../src/platform/db/database.ts";

const found = z.object({ need: z.string(), slot: z.string(), organisation: z.string() });

/**
 * Needs that look and are asked of nobody, each with a free time that it could have: the hard filters of rule M1 once more,
 * in SQL, for the needs that this model posts (one slot long, in person, without requirements).
 */
export const servableButOpen = async (q: Queryable): Promise<z.output<typeof found>[]> =>
  rows(
    q,
    found,
    sql`
      select distinct on (n.id) r.reference || ' ' || n.ref as need, s.id as slot, s.organisation_code as organisation
      from needs n
      join need_lines l on l.id = n.line_id
      join cover_requests r on r.id = n.request_id and r.paused_at is null
      join neighbours b on b.home_code = r.home_code and b.km <= l.max_km
      join slots s on s.organisation_code = b.host_code and s.state = 'free'
        and s.starts_at >= greatest(l.earliest, app_now()) and s.ends_at <= l.due_by
        and s.ends_at - s.starts_at = make_interval(mins => l.minutes)
      join clinics c on c.id = s.clinic_id and c.withdrawn_at is null and l.service_code = any(c.services)
        and c.channel = l.channel
      join organisations o on o.code = s.organisation_code and o.is_accepting
      where n.state = 'open' and n.excluded_times is null
        and not exists (select 1 from need_exclusions x where x.need_id = n.id and x.organisation_code = o.code)
        and (select count(*) from offers w where w.supporting_code = o.code and w.state = 'waiting'
               and w.awaiting = 'supporting') < 8
      order by n.id, s.starts_at`,
  );
