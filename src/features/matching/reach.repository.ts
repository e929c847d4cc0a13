import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import { unique } from "../../platform/lists/lists.ts";
import { openHomes } from "./seeking.repository.ts";
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

const rest = z.object({ homeCode: z.string(), km: z.number() });

/** For each home practice of which `codesNear` names only the nearest others: how far the nearest of the rest is. */
export const readRest = async (
  q: Queryable,
  homes: readonly Home[],
  nearest: number | "all",
): Promise<ReadonlyMap<string, number>> => {
  if (nearest === "all") return new Map();
  const found = await rows(
    q,
    rest,
    sql`select t."homeCode", near.km from ${within(listed(homes))} where place = ${nearest + 1}`,
  );
  return new Map(found.map(({ homeCode, km }) => [homeCode, km]));
};

const near = z.object({
  homeCode: z.string(),
  maxKm: z.number(),
  hosts: z.array(z.string()),
  restKm: z.number().nullable(),
});

/** Whom `codesNear` and `readRest` name for some homes, where that was looked up before. */
export interface Near {
  readonly nearest: number;
  readonly homes: readonly z.output<typeof near>[];
}

const readNearTo = async (q: Queryable, homes: SQL, nearest: number): Promise<Near> => ({
  nearest,
  homes: await rows(
    q,
    near,
    sql`
      select "homeCode", "maxKm",
             coalesce(jsonb_agg(host_code) filter (where place <= ${nearest} or is_same_pcn), '[]')
               || (select coalesce(jsonb_agg(buddy_code), '[]') from buddies where organisation_code = "homeCode") as hosts,
             min(km) filter (where place = ${nearest + 1}) as "restKm"
      from ${within(homes)} group by "homeCode", "maxKm"`,
  ),
});

/** Who is near these homes. */
export const readNear = async (q: Queryable, homes: readonly Home[], nearest: number): Promise<Near> =>
  readNearTo(q, listed(homes), nearest);

/** Who is near the homes whose needs nobody is asked for: read together with these needs, and before they are known. */
export const readNearOpen = async (q: Queryable, groupCode: string, nearest: number): Promise<Near> =>
  readNearTo(q, sql`${openHomes(groupCode)} as t`, nearest);

/** What of `near` holds for exactly these homes; undefined unless all of them are in it, with the same reach. */
export const nearOf = (
  known: Near | undefined,
  homes: readonly Home[],
  nearest: Near["nearest"] | "all",
): Near | undefined => {
  if (known?.nearest !== nearest) return undefined;
  const found = homes.flatMap(
    (home) => known.homes.find(({ homeCode, maxKm }) => homeCode === home.homeCode && maxKm === home.maxKm) ?? [],
  );
  return found.length === homes.length ? { nearest: known.nearest, homes: found } : undefined;
};

/** SQL: the codes that `near` names. In a query of its own, so that the planner does not count them and plan anew each time. */
export const codesOf = ({ homes }: Near): SQL =>
  sql`(select ${textArray(unique(homes.flatMap(({ hosts }) => hosts)))})`;

/** The same as `readRest` gives. */
export const restOf = ({ homes }: Near): ReadonlyMap<string, number> =>
  new Map(homes.flatMap(({ homeCode, restKm }) => (restKm === null ? [] : [[homeCode, restKm]])));
