import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";

const used = z.object({
  reason: z.string(),
  takesFirm: z.boolean(),
  maxKm: z.number(),
  channel: z.string(),
});

const LATELY = 10;

const lately = z.object({ service: z.string() });

/** What a practice chose last, and the services of its last ten requests, the most usual first: codes. */
export interface LastUsed {
  /** Undefined before the first request. */
  readonly choices: z.output<typeof used> | undefined;
  readonly services: readonly string[];
}

export const readLastUsed = async (q: Queryable, homeCode: string): Promise<LastUsed> => {
  const [choices] = await rows(
    q,
    used,
    sql`select r.reason, r.takes_firm as "takesFirm", l.max_km as "maxKm", l.channel
        from cover_requests r join need_lines l on l.request_id = r.id
        where r.home_code = ${homeCode} order by r.created_at desc, r.id desc, l.position limit 1`,
  );
  if (choices === undefined) return { choices, services: [] };
  const services = await rows(
    q,
    lately,
    sql`select l.service_code as service
        from (select id from cover_requests where home_code = ${homeCode}
              order by created_at desc, id desc limit ${LATELY}) as r
        join need_lines l on l.request_id = r.id
        group by l.service_code order by count(*) desc, l.service_code limit 4`,
  );
  return { choices, services: services.map(({ service }) => service) };
};
