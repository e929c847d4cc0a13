import { sql } from "drizzle-orm";
import type { Tx } from "../../platform/db/database.ts";

/*
 * What a patient's no rules out for her need, besides the practice itself. Both stand until the need ends.
 */

/** No block that touches this stretch is offered for the need again. Instants. */
export const excludeTime = async (
  tx: Tx,
  needId: string,
  stretch: { readonly from: Date; readonly until: Date },
): Promise<void> => {
  const added = [{ from: stretch.from.toISOString(), until: stretch.until.toISOString() }];
  await tx.q.execute(sql`
    update needs set excluded_times = coalesce(excluded_times, '[]') || ${JSON.stringify(added)}::jsonb where id = ${needId}`);
};

/**
 * Too far there is too far for every practice that is no nearer to home: all of them are ruled out. Practices at home's
 * own postcode (0 km) are left out of that; whoever said no to one of those meant something else.
 */
export const excludeAsFar = async (tx: Tx, needId: string, organisationCode: string): Promise<void> => {
  await tx.q.execute(sql`
    insert into need_exclusions (need_id, organisation_code, reason, at)
    select n.id, x.host_code, 'patient-no', app_now()
    from needs n join cover_requests r on r.id = n.request_id
    join neighbours this on this.home_code = r.home_code and this.host_code = ${organisationCode}
    join neighbours x on x.home_code = r.home_code and x.km >= this.km and this.km > 0
    where n.id = ${needId} order by x.host_code
    on conflict (need_id, organisation_code) do update set reason = excluded.reason, at = excluded.at
    where need_exclusions.reason in ('declined', 'lapsed')`);
};
