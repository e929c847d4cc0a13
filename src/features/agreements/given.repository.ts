import { sql } from "drizzle-orm";
import { z } from "zod";
import { isoText } from "../../platform/db/iso-text.ts";
import { rows, type Queryable } from "../../platform/db/database.ts";
import { handoverSteps } from "./agreements.schema.ts";

const given = z.object({
  id: z.string(),
  reference: z.string(),
  ref: z.string(),
  service: z.string(),
  homeName: z.string(),
  startsAt: z.coerce.date(),
  step: z.enum(handoverSteps),
  cancelledBySide: z.enum(["home", "supporting", "broker"]).nullable(),
});
export type Given = z.output<typeof given>;

/** Every time that an organisation gave, of the requests in which something moved in the last `days` days, newest request first. */
export const givenBy = async (
  q: Queryable,
  organisationCode: string,
  { days, limit }: { readonly days: number; readonly limit: number },
): Promise<Given[]> =>
  rows(
    q,
    given,
    sql`
      with recent as (
        select a.request_id, max(a.starts_at) as latest from agreements a
        where a.supporting_code = ${organisationCode} and a.starts_at > app_now() - ${days}::int * interval '1 day'
        group by a.request_id order by latest desc, a.request_id limit ${limit}
      )
      select a.id, r.reference, n.ref, l.service_code as service, home.name as "homeName",
             ${isoText(sql`a.starts_at`)} as "startsAt", a.step, a.cancelled_by_side as "cancelledBySide"
      from recent join agreements a on a.request_id = recent.request_id and a.supporting_code = ${organisationCode}
      join cover_requests r on r.id = a.request_id
      join needs n on n.id = a.need_id
      join need_lines l on l.id = n.line_id
      join organisations home on home.code = a.home_code
      order by recent.latest desc, r.reference, a.starts_at, n.ref, a.id`,
  );
