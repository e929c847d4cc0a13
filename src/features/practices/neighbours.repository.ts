import { sql } from "drizzle-orm";
import type { Queryable } from "../../platform/db/database.ts";

/** How far apart two organisations may lie to be neighbours: the widest `maxKm` that a need may have (R1). */
const MAX_KM = 80;

/** Degrees of latitude in 80 km, rounded up: a cheap first filter, so that the trigonometry is done for near pairs only. */
const MAX_DEGREES = 0.72;

/**
 * Rebuilds the neighbour rows of whole sharing groups (decision 6): every ordered pair of members within 80 km by
 * haversine, R = 6371.0088 km. Pass each group that gained or lost a member, or one of whose members moved or changed its
 * PCN. A member without coordinates has no neighbours. Distances are straight lines.
 */
export const rebuildNeighbours = async (q: Queryable, groupCodes: readonly string[]): Promise<void> => {
  const groups = sql`${sql.param([...groupCodes])}::text[]`;
  // Two rebuilds of one group would insert the same pairs: the second waits, and then sees what the first wrote.
  await q.execute(sql`select code from networks where code = any(${groups}) order by code for update`);
  await q.execute(sql`
    delete from neighbours using sharing_memberships m
    where m.organisation_code = neighbours.home_code and m.group_code = any(${groups})`);
  await q.execute(sql`
    with pcns as (
      select n.organisation_code, array_agg(n.network_code) as codes
      from network_members n join networks k on k.code = n.network_code and k.kind = 'pcn'
      group by n.organisation_code
    ), places as materialized (
      select m.group_code, o.code, o.lat, radians(o.lat) as phi, radians(o.lon) as lambda, cos(radians(o.lat)) as cosine,
             coalesce(pcns.codes, '{}') as pcns
      from sharing_memberships m join organisations o on o.code = m.organisation_code
      left join pcns on pcns.organisation_code = o.code
      where m.group_code = any(${groups}) and o.lat is not null and o.lon is not null
    ), pairs as (
      select home.code as home, host.code as host, home.pcns && host.pcns as same,
             2 * 6371.0088 * asin(least(1, sqrt(
               sin((host.phi - home.phi) / 2) ^ 2
               + home.cosine * host.cosine * sin((host.lambda - home.lambda) / 2) ^ 2))) as km
      from places home join places host
        on host.group_code = home.group_code and host.code <> home.code
       and host.lat between home.lat - ${sql.raw(String(MAX_DEGREES))} and home.lat + ${sql.raw(String(MAX_DEGREES))}
    )
    insert into neighbours (home_code, host_code, km, is_same_pcn)
    select home, host, km, same from pairs where km <= ${sql.raw(String(MAX_KM))}
    order by home, host`);
};
