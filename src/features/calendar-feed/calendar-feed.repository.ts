import { and, eq, isNull, sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import { isoText } from "../../platform/db/iso-text.ts";
import { feedView, type FeedView } from "./calendar-feed.schema.ts";
import { calendarFeeds } from "./calendar-feed.table.ts";

/** The organisation's calendars that still work, the oldest first. */
export const listFeeds = async (q: Queryable, organisationCode: string): Promise<FeedView[]> =>
  rows(
    q,
    feedView,
    sql`select f.id, f.site_id as "siteId", s.name as "siteName", ${isoText(sql`f.created_at`)} as "createdAt", u.name as "createdBy"
        from calendar_feeds f join sites s on s.id = f.site_id join users u on u.id = f.created_by
        where f.organisation_code = ${organisationCode} and f.revoked_at is null order by f.created_at, f.id`,
  );

/** False where the organisation has no such calendar that works. */
export const revokeFeedRow = async (q: Queryable, organisationCode: string, id: string): Promise<boolean> => {
  const { rowCount } = await q
    .update(calendarFeeds)
    .set({ revokedAt: sql`app_now()` })
    .where(
      and(
        eq(calendarFeeds.id, id),
        eq(calendarFeeds.organisationCode, organisationCode),
        isNull(calendarFeeds.revokedAt),
      ),
    );
  return rowCount === 1;
};

const opened = z.object({
  organisationCode: z.string(),
  organisationName: z.string(),
  siteId: z.string(),
  siteName: z.string(),
});

/** The calendar behind an address; undefined where it was revoked, or its organisation is not active any more. */
export const openFeed = async (q: Queryable, tokenHash: string): Promise<z.output<typeof opened> | undefined> => {
  const [found] = await rows(
    q,
    opened,
    sql`select f.organisation_code as "organisationCode", o.name as "organisationName", f.site_id as "siteId", s.name as "siteName"
        from calendar_feeds f join organisations o on o.code = f.organisation_code join sites s on s.id = f.site_id
        where f.token_hash = ${tokenHash} and f.revoked_at is null and o.status = 'ACTIVE'`,
  );
  return found;
};

/** How long what has passed, and what was cancelled, stays in a calendar. */
const KEPT_DAYS = 30;
/** Far more than a site gives in a season; a calendar program should not choke on one. */
const MOST_ENTRIES = 3_000;

const entry = z.object({
  id: z.string(),
  sequence: z.number(),
  changedAt: z.coerce.date(),
  startsAt: z.coerce.date(),
  endsAt: z.coerce.date(),
  isCancelled: z.boolean(),
  reference: z.string(),
  needRef: z.string(),
  service: z.string(),
  channel: z.string(),
  requires: z.array(z.string()),
});
export type FeedEntry = z.output<typeof entry>;

/** What the organisation gives at this site: references, service and flags, no identity (P1) and no other practice. */
export const entriesOf = async (
  q: Queryable,
  { organisationCode, siteId }: { readonly organisationCode: string; readonly siteId: string },
): Promise<FeedEntry[]> =>
  rows(
    q,
    entry,
    sql`
      select a.id, coalesce(v.revision, 0) as sequence, coalesce(v.changed_at, a.created_at) as "changedAt",
             a.starts_at as "startsAt", a.ends_at as "endsAt", not a.is_live as "isCancelled", r.reference,
             n.ref as "needRef", s.name as service, l.channel, l.requires
      from agreements a
      join clinics c on c.id = a.clinic_id and c.site_id = ${siteId}
      join cover_requests r on r.id = a.request_id
      join needs n on n.id = a.need_id
      join need_lines l on l.id = n.line_id
      join services s on s.code = l.service_code
      left join agreement_revisions v on v.agreement_id = a.id
      where a.supporting_code = ${organisationCode}
        and a.starts_at > app_now() - ${KEPT_DAYS} * interval '1 day'
        and (a.is_live or v.changed_at > app_now() - ${KEPT_DAYS} * interval '1 day')
      order by a.starts_at, a.id limit ${MOST_ENTRIES}`,
  );
