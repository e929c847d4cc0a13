import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import { isAcceptingSql, isSignedSql } from "./membership.repository.ts";
import { networkSchema, organisationDetailSchema, organisationKinds } from "./practices.schema.ts";

/*
 * What an actor may see of organisations (P3): its own, and those of its sharing group. Each statement has that condition
 * inside, so what is not yours and what does not exist are the same empty result.
 */

export interface Viewer {
  readonly organisationCode: string;
  readonly groupCode: string | null;
}

const isVisible = (viewer: Viewer) =>
  sql`(o.code = ${viewer.organisationCode} or m.group_code = ${viewer.groupCode}::text)`;

const named = z.object({ code: z.string(), name: z.string(), kind: z.enum(organisationKinds), isOwn: z.boolean() });

export interface DirectoryPage {
  /** A part of the name, or the beginning of the code. */
  readonly search: string | undefined;
  /** The last name and code of the page before. */
  readonly after: { readonly name: string; readonly code: string } | undefined;
  readonly limit: number;
}

const escaped = (text: string): string => text.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`);

/** Organisations that the viewer may see, by name. Closed ones are left out. */
export const listOrganisations = async (
  q: Queryable,
  viewer: Viewer,
  { search, after, limit }: DirectoryPage,
): Promise<z.output<typeof named>[]> => {
  const matches =
    search === undefined
      ? sql`true`
      : sql`(o.name ilike ${`%${escaped(search)}%`} or o.code ilike ${`${escaped(search)}%`})`;
  const isAfter = after === undefined ? sql`true` : sql`(o.name, o.code) > (${after.name}, ${after.code})`;
  return rows(
    q,
    named,
    sql`select o.code, o.name, o.kind, o.code = ${viewer.organisationCode} as "isOwn"
        from organisations o left join sharing_memberships m on m.organisation_code = o.code
        where ${isVisible(viewer)} and o.status <> 'CLOSED' and ${matches} and ${isAfter}
        order by o.name, o.code limit ${limit}`,
  );
};

/** One organisation in full, if the viewer may see that it exists. */
export const findOrganisation = async (
  q: Queryable,
  viewer: Viewer,
  code: string,
): Promise<z.output<typeof organisationDetailSchema> | undefined> => {
  const [found] = await rows(
    q,
    organisationDetailSchema,
    sql`select o.code, o.name, o.kind, o.code = ${viewer.organisationCode} as "isOwn", o.postcode,
               o.list_size as "listSize", o.status, ${isAcceptingSql("o")} as "isAccepting", o.daily_cap as "dailyCap",
               o.provides, o.bypass_phone as "bypassPhone", m.group_code as "groupCode",
               coalesce(${isSignedSql("m")}, false) as "isSigned",
               array(select s.service_code from organisation_services s where s.organisation_code = o.code
                     order by s.service_code) as services
        from organisations o left join sharing_memberships m on m.organisation_code = o.code
        where o.code = ${code} and ${isVisible(viewer)}`,
  );
  return found;
};

/** The networks of the viewer; a broker sees those of its whole sharing group. Members are counted inside the group only. */
export const listNetworks = async (
  q: Queryable,
  viewer: Viewer,
  isWholeGroup: boolean,
): Promise<z.output<typeof networkSchema>[]> =>
  rows(
    q,
    networkSchema.extend({ members: z.coerce.number() }),
    sql`with visible as (
          select o.code from organisations o left join sharing_memberships m on m.organisation_code = o.code
          where ${isVisible(viewer)}
        ), belongs as (
          select network_code, organisation_code from network_members where organisation_code in (select code from visible)
          union
          select group_code, organisation_code from sharing_memberships
          where organisation_code in (select code from visible)
        )
        select n.code, n.kind, n.name, count(*) as members
        from belongs b join networks n on n.code = b.network_code
        group by n.code, n.kind, n.name
        having ${isWholeGroup} or bool_or(b.organisation_code = ${viewer.organisationCode})
        order by n.kind, n.name, n.code`,
  );
