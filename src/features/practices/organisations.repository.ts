import { eq, sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import { newId } from "../../platform/ids/ids.ts";
import { defaultOpeningHours, type OpeningHours } from "../calendar/index.ts";
import { acceptRoles, type OrganisationKind } from "./practices.schema.ts";
import { networkMembers, networks, organisations, sharingMemberships, sites } from "./practices.table.ts";

export interface NewOrganisation {
  readonly code: string;
  readonly kind: OrganisationKind;
  readonly name: string;
  readonly postcode?: string | undefined;
  readonly lat?: number | undefined;
  readonly lon?: number | undefined;
  readonly listSize?: number | undefined;
  readonly provides?: readonly string[] | undefined;
  readonly openingHours?: readonly OpeningHours[] | undefined;
}

/** Inserts an organisation with its main site; says whether the code was free. A federation is never asked, so it does not accept. */
export const insertOrganisation = async (q: Queryable, input: NewOrganisation): Promise<boolean> => {
  const inserted = await q
    .insert(organisations)
    .values({
      code: input.code,
      kind: input.kind,
      name: input.name,
      postcode: input.postcode ?? null,
      lat: input.lat ?? null,
      lon: input.lon ?? null,
      listSize: input.listSize ?? null,
      status: "ACTIVE",
      isAccepting: input.kind !== "federation",
      provides: [...(input.provides ?? [])],
      acceptRoles: [...acceptRoles],
      version: 1,
      updatedAt: sql`app_now()`,
    })
    .onConflictDoNothing();
  if (inserted.rowCount !== 1) return false;
  await q.insert(sites).values({
    id: newId(),
    organisationCode: input.code,
    name: input.name,
    isMain: true,
    openingHours: [...(input.openingHours ?? defaultOpeningHours)],
  });
  return true;
};

export type NewNetwork = typeof networks.$inferInsert;

/** Adds a network unless there is one of that code; says whether it was new. */
export const ensureNetwork = async (q: Queryable, network: NewNetwork): Promise<boolean> =>
  (await q.insert(networks).values(network).onConflictDoNothing()).rowCount === 1;

export const networkExists = async (q: Queryable, code: string): Promise<boolean> =>
  (await q.select({ code: networks.code }).from(networks).where(eq(networks.code, code))).length > 0;

export const joinNetwork = async (q: Queryable, networkCode: string, organisationCode: string): Promise<void> => {
  await q.insert(networkMembers).values({ networkCode, organisationCode }).onConflictDoNothing();
};

/** Makes the organisation an unsigned member of its one sharing group. */
export const joinGroup = async (q: Queryable, groupCode: string, organisationCode: string): Promise<void> => {
  await q.insert(sharingMemberships).values({ organisationCode, groupCode });
};

export interface Signature {
  readonly version: string;
  readonly signedBy: string;
  /** London dates, both included. */
  readonly from: string;
  readonly until: string | null;
}

/** Signs for the whole group, or for some of its members. Returns each, and whether it had never signed before. */
export const signMembers = async (
  q: Queryable,
  groupCode: string,
  codes: readonly string[] | undefined,
  { version, signedBy, from, until }: Signature,
): Promise<{ code: string; isFirst: boolean }[]> =>
  rows(
    q,
    z.object({ code: z.string(), isFirst: z.boolean() }),
    sql`with before as (
          select organisation_code, signed_at from sharing_memberships
          where group_code = ${groupCode}
            and ${codes === undefined ? sql`true` : sql`organisation_code = any(${sql.param([...codes])}::text[])`}
          order by organisation_code for update
        )
        update sharing_memberships m
        set agreement_version = ${version}, signed_by = ${signedBy}, signed_at = app_now(), valid_from = ${from}::date,
            valid_until = ${until}::date
        from before where before.organisation_code = m.organisation_code
        returning m.organisation_code as code, before.signed_at is null as "isFirst"`,
  );
