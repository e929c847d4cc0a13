import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import { isoText } from "../../platform/db/iso-text.ts";
import { agreementView, type AgreementView } from "./agreements.schema.ts";

/** Whose agreements: those of one organisation on either side, or a whole sharing group's. */
export type Reader =
  | { readonly kind: "organisation"; readonly code: string }
  | { readonly kind: "group"; readonly groupCode: string };

export interface Filter {
  readonly reference?: string | undefined;
  readonly isLive?: boolean | undefined;
  /** Those that start from then on. */
  readonly from?: Date | SQL | undefined;
  readonly id?: string | undefined;
  /** Keyset: strictly after this start and id. */
  readonly after?: { readonly startsAt: string; readonly id: string } | undefined;
  readonly limit: number;
}

/** Which agreements `a` a reader may see. */
export const mine = (reader: Reader): SQL =>
  reader.kind === "group"
    ? sql`a.group_code = ${reader.groupCode}`
    : sql`(a.home_code = ${reader.code} or a.supporting_code = ${reader.code})`;

const sideFor = (reader: Reader): SQL =>
  reader.kind === "group"
    ? sql`'broker'`
    : sql`case when a.home_code = ${reader.code} then 'home' else 'supporting' end`;

const listed = agreementView.omit({ owed: true }).extend({
  now: z.coerce.date(),
  since: z.coerce.date(),
  /** Worked out for the present step; else the sweep has not come to it yet. */
  isLatenessKnown: z.boolean(),
  lateAt: z.coerce.date().nullable(),
  releaseAt: z.coerce.date().nullable(),
  isWarned: z.boolean(),
});
export type ListedAgreement = z.output<typeof listed>;

/** Agreements in order of their start, as their reader may see them, with the clocks that run. */
export const readAgreements = async (q: Queryable, reader: Reader, filter: Filter): Promise<ListedAgreement[]> => {
  const wanted = [
    mine(reader),
    ...(filter.reference === undefined ? [] : [sql`r.reference = ${filter.reference}`]),
    ...(filter.isLive === undefined ? [] : [sql`a.is_live = ${filter.isLive}`]),
    ...(filter.from === undefined ? [] : [sql`a.starts_at >= ${filter.from}`]),
    ...(filter.id === undefined ? [] : [sql`a.id = ${filter.id}`]),
    ...(filter.after === undefined
      ? []
      : [sql`(a.starts_at, a.id) > (${filter.after.startsAt}::timestamptz, ${filter.after.id}::uuid)`]),
  ];
  return rows(
    q,
    listed,
    sql`
      select a.id, r.reference, n.ref, l.service_code as service, ${sideFor(reader)} as side,
             a.home_code as "homeCode", home.name as "homeName",
             a.supporting_code as "supportingCode", supporting.name as "supportingName", site.name as "siteName",
             ${isoText(sql`a.starts_at`)} as "startsAt", ${isoText(sql`a.ends_at`)} as "endsAt",
             a.step, a.is_live as "isLive", a.offer_id as "offerId",
             a.cancelled_by_side as "cancelledBySide", a.cancel_code as "cancelCode",
             app_now() as now, coalesce(a.step_at, a.created_at) as since, a.late_for is not distinct from a.step as "isLatenessKnown",
             a.late_at as "lateAt", a.release_at as "releaseAt",
             a.release_at is not null and a.release_warn_at is null as "isWarned"
      from agreements a
      join cover_requests r on r.id = a.request_id
      join needs n on n.id = a.need_id
      join need_lines l on l.id = n.line_id
      join organisations home on home.code = a.home_code
      join organisations supporting on supporting.code = a.supporting_code
      join clinics c on c.id = a.clinic_id
      join sites site on site.id = c.site_id
      where ${sql.join(wanted, sql` and `)}
      order by a.starts_at, a.id limit ${filter.limit}`,
  );
};

const cursor = z.tuple([z.iso.datetime(), z.uuid()]);

/** The opaque keyset cursor of a row, and back; undefined for anything that is not one of ours. */
export const encodeCursor = (row: AgreementView): string =>
  Buffer.from(JSON.stringify([row.startsAt, row.id])).toString("base64url");

export const decodeCursor = (text: string): { startsAt: string; id: string } | undefined => {
  try {
    const parsed = cursor.safeParse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
    return parsed.success ? { startsAt: parsed.data[0], id: parsed.data[1] } : undefined;
  } catch {
    return undefined;
  }
};
