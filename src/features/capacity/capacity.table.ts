import { sql } from "drizzle-orm";
import { boolean, check, date, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { classify, instant, keepTwoYears } from "../../platform/db/columns.ts";
import { organisations, sites } from "../practices/practices.table.ts";

export const channels = ["in-person", "telephone", "video", "home-visit"] as const;
export const pledges = ["firm", "ask"] as const;

/** A pause inside a clinic, instants. */
export interface ClinicBreak {
  readonly from: string;
  readonly until: string;
}

/** What a supporting practice publishes: one clinician (a lane) on one day. */
export const clinics = pgTable(
  "clinics",
  {
    id: uuid().primaryKey(),
    organisationCode: text()
      .notNull()
      .references(() => organisations.code),
    siteId: uuid()
      .notNull()
      .references(() => sites.id),
    services: text().array().notNull(),
    channel: text({ enum: channels }).notNull(),
    provides: text().array().notNull(),
    pledge: text({ enum: pledges }).notNull(),
    startsAt: instant().notNull(),
    endsAt: instant().notNull(),
    breaks: jsonb().$type<ClinicBreak[]>().notNull(),
    slotMinutes: integer().notNull(),
    /** A code such as `N1`, never a name. Two clinics of one lane may not overlap. */
    lane: text(),
    /** The weekly series it was made from, and the day (Europe/London) of the series that it is. */
    seriesId: uuid(),
    /** Null: not of a series, or its day was closed, so that the series may make the day again once it opens. */
    seriesDate: date({ mode: "string" }),
    /** Changed by hand since the series made it: a change of the series leaves it alone (C2). */
    isChanged: boolean().notNull().default(false),
    /** The day (Europe/London) on which firm was last confirmed; publishing it by hand confirms it (C5). */
    confirmedOn: date({ mode: "string" }),
    /** form, import, or call: a clinic that the answer to a call made. */
    source: text({ enum: ["form", "import", "call"] }).notNull(),
    /** The importer's own key of this clinic: importing again updates instead of repeating (C6). */
    externalKey: text(),
    withdrawnAt: instant(),
    version: integer().notNull(),
    createdAt: instant().notNull(),
  },
  (table) => [
    index("clinics_organisation_start").on(table.organisationCode, table.startsAt),
    uniqueIndex("clinics_external_key").on(table.organisationCode, table.externalKey),
    uniqueIndex("clinics_series_day").on(table.seriesId, table.seriesDate),
    check("clinics_window", sql`${table.startsAt} < ${table.endsAt}`),
    check("clinics_slot_minutes", sql`${table.slotMinutes} between 5 and 120`),
  ],
);
classify(
  clinics,
  keepTwoYears,
  {
    id: "none",
    organisationCode: "none",
    siteId: "none",
    services: "none",
    channel: "none",
    provides: "none",
    pledge: "none",
    startsAt: "none",
    endsAt: "none",
    breaks: "none",
    slotMinutes: "none",
    lane: "staff",
    seriesId: "none",
    seriesDate: "none",
    isChanged: "none",
    confirmedOn: "none",
    source: "none",
    externalKey: "none",
    withdrawnAt: "none",
    version: "none",
    createdAt: "none",
  },
  { since: sql`${clinics.endsAt}` },
);

export const slotStates = ["free", "busy-tentative", "busy", "busy-unavailable"] as const;

/** One bookable interval. States are FHIR's slotstatus: busy-tentative is held by a waiting offer. */
export const slots = pgTable(
  "slots",
  {
    id: uuid().primaryKey(),
    clinicId: uuid()
      .notNull()
      .references(() => clinics.id),
    organisationCode: text().notNull(),
    startsAt: instant().notNull(),
    endsAt: instant().notNull(),
    state: text({ enum: slotStates }).notNull(),
    /** "This slot has gone" (C4): stays unavailable whatever becomes of the clinic's times. */
    goneAt: instant(),
  },
  (table) => [
    uniqueIndex("slots_clinic_start").on(table.clinicId, table.startsAt),
    // The candidate search, by practice and start. Adding the clinic, or covering the id, was measured on 1.1 million slots
    // (19,000 found for 339 practices and four days): no gain, since the rows of one practice and day lie together.
    index("slots_free")
      .on(table.organisationCode, table.startsAt)
      .where(sql`${table.state} = 'free'`),
  ],
);
classify(
  slots,
  keepTwoYears,
  {
    id: "none",
    clinicId: "none",
    organisationCode: "none",
    startsAt: "none",
    endsAt: "none",
    state: "none",
    goneAt: "none",
  },
  { with: clinics },
);
