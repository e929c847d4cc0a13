import { sql } from "drizzle-orm";
import type { Queryable, Tx } from "../../platform/db/database.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import { newId, newSecret, sha256 } from "../../platform/ids/ids.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit } from "../audit/index.ts";
import { sitesOf } from "../practices/index.ts";
import { requirementNames, requirementSchema } from "../services/index.ts";
import { tooManyCalendars } from "./calendar-feed.errors.ts";
import { entriesOf, listFeeds, openFeed, revokeFeedRow, type FeedEntry } from "./calendar-feed.repository.ts";
import { tokenOf, type FeedWithPath } from "./calendar-feed.schema.ts";
import { calendarFeeds } from "./calendar-feed.table.ts";
import { calendarText, type CalendarEntry } from "./ics.rules.ts";

const MOST = 20;

/** A secret address for one of the organisation's sites. Whoever has it can read, so it is shown once and can be ended. */
export const createFeed = async (tx: Tx, actor: Actor, siteId: string): Promise<FeedWithPath> => {
  const { organisationCode } = actor;
  const site = (await sitesOf(tx.q, organisationCode)).find(({ id }) => id === siteId);
  if (site === undefined) throw notFound("site");
  if ((await listFeeds(tx.q, organisationCode)).length >= MOST) throw tooManyCalendars(MOST);
  const [id, token] = [newId(), newSecret()];
  await tx.q.insert(calendarFeeds).values({
    id,
    organisationCode,
    siteId,
    tokenHash: sha256(token),
    createdBy: actor.userId,
    createdAt: sql`app_now()`,
  });
  await recordAudit(tx, actor, "calendar.create", id, { siteId });
  const made = (await listFeeds(tx.q, organisationCode)).find((feed) => feed.id === id);
  if (made === undefined) throw new Error("createFeed: the calendar is not there");
  return { ...made, path: `/ics/${token}.ics` };
};

export const revokeFeed = async (tx: Tx, actor: Actor, id: string): Promise<void> => {
  if (!(await revokeFeedRow(tx.q, actor.organisationCode, id))) throw notFound("calendar");
  await recordAudit(tx, actor, "calendar.revoke", id);
};

const CHANNELS: Readonly<Record<string, string>> = {
  telephone: "By telephone",
  video: "By video",
  "home-visit": "Home visit",
};

const flagsOf = ({ channel, requires }: FeedEntry): string[] => [
  ...(CHANNELS[channel] === undefined ? [] : [CHANNELS[channel]]),
  ...requires.flatMap((code) => {
    const known = requirementSchema.safeParse(code);
    return known.success ? [requirementNames[known.data]] : [];
  }),
];

const toEntry = (found: FeedEntry, siteName: string): CalendarEntry => ({
  uid: `${found.id}@covershare`,
  sequence: found.sequence,
  changedAt: found.changedAt,
  startsAt: found.startsAt,
  endsAt: found.endsAt,
  isCancelled: found.isCancelled,
  summary: `${found.reference} ${found.needRef} ${found.service}`,
  description: [...flagsOf(found), "Details are in Covershare, and come by the approved route."].join(". "),
  location: siteName,
});

/** The calendar at an address, as text; one that never was and one that was ended are answered alike. */
export const readFeed = async (q: Queryable, file: string): Promise<string> => {
  const token = tokenOf(file);
  const feed = token === undefined ? undefined : await openFeed(q, sha256(token));
  if (feed === undefined) throw notFound("calendar");
  const { organisationName, siteName } = feed;
  const entries = (await entriesOf(q, feed)).map((found) => toEntry(found, siteName));
  return calendarText(`Covershare: ${organisationName}, ${siteName}`, entries);
};
