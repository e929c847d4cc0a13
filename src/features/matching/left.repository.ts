import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import { groupBy } from "../../platform/lists/lists.ts";
import type { SeekingNeed } from "./snapshot.ts";

const leftRow = z.object({ place: z.number(), isFree: z.boolean() });

/** Published time within a need's reach: some of it free, or all that there is held by offers that wait. */
export type Left = "free" | "held";

const isAny = (state: "free" | "busy-tentative"): SQL => sql`exists (
  select 1 from neighbours n
  join clinics c on c.organisation_code = n.host_code and c.withdrawn_at is null and t.service = any(c.services)
    and c.starts_at >= t."from" - interval '2 days' and c.starts_at < t.until
  join slots s on s.clinic_id = c.id and s.state = ${state} and s.starts_at >= t."from" and s.starts_at < t.until
  where n.home_code = t."homeCode" and n.km <= t."maxKm")`;

/**
 * What is left of published time that these needs could have a place in, however many practices a plan has read: by need,
 * without those for which nobody within reach has any. It looks at service, distance and window alone: what is left may be of
 * no use to a need, but where nothing is, reading more finds nothing. Each look ends at the first slot that it meets.
 */
export const readLeft = async (
  q: Queryable,
  needs: readonly SeekingNeed[],
  now: Date,
): Promise<ReadonlyMap<string, Left>> => {
  const alike = [...groupBy(needs, ({ homeCode, service }) => `${homeCode} ${service}`).values()];
  const wanted = alike.map((some, place) => ({
    place,
    homeCode: some[0]?.homeCode,
    service: some[0]?.service,
    maxKm: Math.max(...some.map(({ maxKm }) => maxKm)),
    from: new Date(Math.max(now.getTime(), Math.min(...some.map(({ earliest }) => earliest.getTime())))),
    until: new Date(Math.max(...some.map(({ dueBy }) => dueBy.getTime()))),
  }));
  const found = await rows(
    q,
    leftRow,
    sql`
      select place, "isFree" from (
        select t.*, ${isAny("free")} as "isFree"
        from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb)
          as t(place int, "homeCode" text, service text, "maxKm" float8, "from" timestamptz, until timestamptz)
      ) t where "isFree" or ${isAny("busy-tentative")}`,
  );
  return new Map(
    found.flatMap(({ place, isFree }) => (alike[place] ?? []).map(({ id }) => [id, isFree ? "free" : "held"] as const)),
  );
};
