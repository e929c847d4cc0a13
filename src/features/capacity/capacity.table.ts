import { sql } from "drizzle-orm";
import { check, date, index, integer, jsonb, pgTable, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { classify, instant, keepTwoYears } from "../../platform/db/columns.ts";
import { organisations, sites } from "../practices/practices.table.ts";

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
    channel: text({ enum: ["in-person", "telephone", "video", "home-visit"] }).notNull(),
    provides: text().array().notNull(),
    pledge: text({ enum: ["firm", "ask"] }).notNull(),
    startsAt: instant().notNull(),
    endsAt: instant().notNull(),
    breaks: jsonb().$type<ClinicBreak[]>().notNull(),
    slotMinutes: integer().notNull(),
    /** A code such as `N1`, never a name. Two clinics of one lane may not overlap. */
    lane: text(),
    /** The weekly series it was made from. */
    seriesId: uuid(),
    /** The working day (Europe/London) for which firm was last confirmed (C5). */
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
    check("clinics_window", sql`${table.startsAt} < ${table.endsAt}`),
    check("clinics_slot_minutes", sql`${table.slotMinutes} between 5 and 120`),
  ],
);
classify(clinics, keepTwoYears, {
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
  confirmedOn: "none",
  source: "none",
  externalKey: "none",
  withdrawnAt: "none",
  version: "none",
  createdAt: "none",
});

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
    state: text({ enum: ["free", "busy-tentative", "busy", "busy-unavailable"] }).notNull(),
  },
  (table) => [
    uniqueIndex("slots_clinic_start").on(table.clinicId, table.startsAt),
    index("slots_free")
      .on(table.organisationCode, table.startsAt)
      .where(sql`${table.state} = 'free'`),
  ],
);
classify(slots, keepTwoYears, {
  id: "none",
  clinicId: "none",
  organisationCode: "none",
  startsAt: "none",
  endsAt: "none",
  state: "none",
});
