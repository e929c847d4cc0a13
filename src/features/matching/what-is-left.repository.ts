import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import { groupBy } from "../../platform/lists/lists.ts";
import { placeKey, type Left, type SeekingNeed } from "./snapshot.ts";

const leftRow = z.object({ place: z.number(), hosts: z.array(z.string()), restKm: z.number().nullable() });

const slotsOf = (host: SQL, state: "free" | "busy-tentative"): SQL => sql`
  select 1 from clinics c
  join slots s on s.clinic_id = c.id and s.state = ${state} and s.starts_at >= t."from" and s.starts_at < t.until
  where c.organisation_code = ${host} and c.withdrawn_at is null and t.service = any(c.services)
    and c.starts_at >= t."from" - interval '2 days' and c.starts_at < t.until`;

const within = sql`neighbours n where n.home_code = t."homeCode" and n.km <= t."maxKm"`;

/**
 * Who has anything left that these needs could have a place in, however many practices a plan has read: by `placeKey`, the
 * `nearest` practices with free time; without those needs for which nobody within reach has any, free or held. It looks at
 * service, distance and window alone: what is left may be of no use to a need, but where nothing is, reading more finds nothing.
 */
export const readLeft = async (
  q: Queryable,
  needs: readonly SeekingNeed[],
  now: Date,
  nearest: number,
): Promise<ReadonlyMap<string, Left>> => {
  const alike = [...groupBy(needs, placeKey)];
  const wanted = alike.map(([, some], place) => ({
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
      select t.place, array(select host_code from jsonb_array_elements_text(near.hosts) as host_code) as hosts, near."restKm"
      from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb)
        as t(place int, "homeCode" text, service text, "maxKm" float8, "from" timestamptz, until timestamptz)
      cross join lateral (
        select coalesce(jsonb_agg(host_code order by place) filter (where place <= ${nearest}), '[]') as hosts,
               min(km) filter (where place > ${nearest}) as "restKm"
        from (
          select host_code, km, row_number() over (order by km, host_code) as place
          from (select n.host_code, n.km from ${within} and exists (${slotsOf(sql`n.host_code`, "free")})
                order by km, host_code limit ${nearest} + 1) having_some
        ) numbered
      ) near
      where near.hosts <> '[]' or exists (select 1 from ${within} and exists (${slotsOf(sql`n.host_code`, "busy-tentative")}))`,
  );
  return new Map(
    found.flatMap(({ place, hosts, restKm }) =>
      alike
        .slice(place, place + 1)
        .map(([key]) => [key, { hosts, restKm: restKm ?? Number.POSITIVE_INFINITY }] as const),
    ),
  );
};
