import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import { isAcceptingSql } from "./membership.repository.ts";
import { defaultOpeningHours, openingHoursSchema, type OpeningHours } from "../calendar/index.ts";

const organisation = z.object({
  code: z.string(),
  kind: z.enum(["practice", "hub", "federation"]),
  name: z.string(),
  postcode: z.string().nullable(),
  lat: z.number().nullable(),
  lon: z.number().nullable(),
  listSize: z.number().nullable(),
  status: z.string(),
  /** Whether neighbours may ask just now. */
  isAccepting: z.boolean(),
  /** Until when that is so; null: until it is switched off, or it is off. */
  acceptingUntil: z.string().nullable(),
  dailyCap: z.number().nullable(),
  provides: z.array(z.string()),
  acceptRoles: z.array(z.string()),
  bypassPhone: z.string().nullable(),
  groupCode: z.string().nullable(),
  version: z.number(),
});
export type Organisation = z.output<typeof organisation>;

/** One organisation with its sharing group; undefined if there is none of that code. Whether the caller may see it is the caller's to decide. */
export const readOrganisation = async (q: Queryable, code: string): Promise<Organisation | undefined> => {
  const [found] = await rows(
    q,
    organisation,
    sql`select o.code, o.kind, o.name, o.postcode, o.lat, o.lon, o.list_size as "listSize", o.status,
               ${isAcceptingSql("o")} as "isAccepting",
               case when ${isAcceptingSql("o")} then to_char(o.accepting_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') end as "acceptingUntil", o.daily_cap as "dailyCap", o.provides, o.accept_roles as "acceptRoles",
               o.bypass_phone as "bypassPhone", m.group_code as "groupCode", o.version
        from organisations o left join sharing_memberships m on m.organisation_code = o.code where o.code = ${code}`,
  );
  return found;
};

const site = z.object({
  id: z.string(),
  organisationCode: z.string(),
  name: z.string(),
  address: z.string().nullable(),
  isMain: z.boolean(),
  openingHours: z.array(openingHoursSchema),
});
export type Site = z.output<typeof site>;

const siteColumns = sql`id, organisation_code as "organisationCode", name, address, is_main as "isMain",
  opening_hours as "openingHours"`;

/** The sites of an organisation, the main one first. */
export const sitesOf = async (q: Queryable, code: string): Promise<Site[]> =>
  rows(
    q,
    site,
    sql`select ${siteColumns} from sites where organisation_code = ${code} order by is_main desc, name, id`,
  );

/** Where the desk is. Every organisation that was created properly has one. */
export const mainSite = async (q: Queryable, code: string): Promise<Site | undefined> => (await sitesOf(q, code)).at(0);

const hours = z.object({ code: z.string(), openingHours: z.array(openingHoursSchema) });

/** The opening hours of each desk, those of its main site; the default for whatever has none (C3). */
export const openingHoursOf = async (q: Queryable, codes: readonly string[]): Promise<Map<string, OpeningHours[]>> => {
  const found = await rows(
    q,
    hours,
    sql`select distinct on (organisation_code) organisation_code as code, opening_hours as "openingHours" from sites
        where organisation_code = any(${sql.param([...codes])}::text[])
        order by organisation_code, is_main desc, name, id`,
  );
  const known = new Map(found.map(({ code, openingHours }) => [code, openingHours]));
  return new Map(codes.map((code) => [code, known.get(code) ?? [...defaultOpeningHours]]));
};
