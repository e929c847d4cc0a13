import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import { textArray } from "./sql.ts";

/*
 * Who is near, from the neighbour table (decision 6). An expression and not a list, so that whatever is read of these
 * practices is read in the same round trip.
 */

/** A home practice and how far its needs reach. */
export interface Home {
  readonly homeCode: string;
  readonly maxKm: number;
}

const everybody = 100_000;
const limitOf = (nearest: number | "all"): number => (nearest === "all" ? everybody : nearest);

const listed = (homes: readonly Home[]): SQL =>
  sql`jsonb_to_recordset(${JSON.stringify(homes)}::jsonb) as t("homeCode" text, "maxKm" float8)`;

/** Lateral, because the planner takes a list for a hundred homes and would read the whole table. */
const within = (homes: SQL): SQL => sql`
  ${homes}
  cross join lateral (
    select host_code, km, is_same_pcn, row_number() over (order by km, host_code) as place
    from neighbours where home_code = t."homeCode" and km <= t."maxKm"
  ) near`;

/**
 * SQL: codes of other practices within `maxKm` of each home practice. `nearest`: only about as many, with the home's PCN
 * within that distance and its buddies anywhere among them.
 */
export const codesNear = (homes: readonly Home[], nearest: number | "all"): SQL => sql`array(
  select host_code from ${within(listed(homes))} where place <= ${limitOf(nearest)} or is_same_pcn
  union
  select buddy_code from buddies where organisation_code = any(${textArray(homes.map(({ homeCode }) => homeCode))}))`;

export const restRow = z.object({ homeCode: z.string(), km: z.number() });

export const restOf = (found: readonly z.output<typeof restRow>[]): ReadonlyMap<string, number> =>
  new Map(found.map(({ homeCode, km }) => [homeCode, km]));

/** For each home practice of which `codesNear` names only the nearest others: how far the nearest of the rest is. */
export const readRest = async (
  q: Queryable,
  homes: readonly Home[],
  nearest: number | "all",
): Promise<ReadonlyMap<string, number>> => {
  if (nearest === "all") return new Map();
  const found = await rows(
    q,
    restRow,
    sql`select t."homeCode", near.km from ${within(listed(homes))} where place = ${nearest + 1}`,
  );
  return restOf(found);
};

/**
 * SQL: whom `codesNear` and `readRest` name, some of them twice, for the homes of `t`, a relation with `"homeCode"` and
 * `"maxKm"`. A plan waits for this: to pick the nearest few costs half of what it costs to number all that are within reach.
 */
export const nearTo = (homes: SQL, nearest: SQL): SQL => sql`
  select "homeCode", "maxKm",
         near.hosts
           || (select coalesce(jsonb_agg(host_code), '[]') from neighbours
               where home_code = "homeCode" and is_same_pcn and neighbours.km <= "maxKm")
           || (select coalesce(jsonb_agg(buddy_code), '[]') from buddies where organisation_code = "homeCode") as hosts,
         near."restKm"
  from ${homes}
  cross join lateral (
    select coalesce(jsonb_agg(host_code) filter (where place <= ${nearest}), '[]') as hosts,
           min(km) filter (where place = ${nearest} + 1) as "restKm"
    from (
      select host_code, km, row_number() over (order by km, host_code) as place
      from (
        select host_code, km from neighbours where home_code = t."homeCode" and km <= t."maxKm"
        order by km, host_code limit ${nearest} + 1
      ) sorted
    ) numbered
  ) near`;
