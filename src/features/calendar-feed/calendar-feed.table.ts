import { index, integer, pgTable, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { classify, instant, keepForever, keepTwoYears } from "../../platform/db/columns.ts";
import { agreements } from "../agreements/agreements.table.ts";
import { users } from "../identity/identity.table.ts";
import { organisations, sites } from "../practices/practices.table.ts";

/** A secret address at which a calendar program reads what is agreed at one site. */
export const calendarFeeds = pgTable(
  "calendar_feeds",
  {
    id: uuid().primaryKey(),
    organisationCode: text()
      .notNull()
      .references(() => organisations.code),
    siteId: uuid()
      .notNull()
      .references(() => sites.id),
    /** SHA-256 of the address's token, which is shown once. */
    tokenHash: text().notNull(),
    createdBy: uuid()
      .notNull()
      .references(() => users.id),
    createdAt: instant().notNull(),
    revokedAt: instant(),
  },
  (table) => [
    uniqueIndex("calendar_feeds_token").on(table.tokenHash),
    index("calendar_feeds_organisation").on(table.organisationCode),
  ],
);
classify(calendarFeeds, keepForever, {
  id: "none",
  organisationCode: "none",
  siteId: "none",
  tokenHash: "none",
  createdBy: "staff",
  createdAt: "none",
  revokedAt: "none",
});

/**
 * How often an agreement has changed for a calendar: its time, its clinic, or that it was cancelled (RFC 5545's SEQUENCE).
 * A trigger on `agreements` keeps it, so that no way of moving or cancelling one can forget to; no row is 0.
 */
export const agreementRevisions = pgTable(
  "agreement_revisions",
  {
    agreementId: uuid()
      .primaryKey()
      .references(() => agreements.id, { onDelete: "cascade" }),
    revision: integer().notNull(),
    changedAt: instant().notNull(),
  },
  (table) => [index("agreement_revisions_changed").on(table.changedAt)],
);
classify(
  agreementRevisions,
  keepTwoYears,
  { agreementId: "none", revision: "none", changedAt: "none" },
  { with: agreements },
);
