import { sql } from "drizzle-orm";
import { check, date, index, integer, jsonb, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { classify, instant, keepTwoYears } from "../../platform/db/columns.ts";
import { organisations, sites } from "../practices/practices.table.ts";
import { channels, pledges } from "./capacity.table.ts";

/** A pause inside each day of a series, Europe/London wall time `HH:MM`. */
export interface WallBreak {
  readonly from: string;
  readonly until: string;
}

/** A clinic that repeats weekly by rule (C2): the rule only. Its days are clinics, made eight weeks ahead. */
export const clinicSeries = pgTable(
  "clinic_series",
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
    /** 1 Monday … 7 Sunday. */
    weekdays: integer().array().notNull(),
    /** Europe/London wall times `HH:MM`: 09:00 stays 09:00 across a clock change. */
    opens: text().notNull(),
    closes: text().notNull(),
    breaks: jsonb().$type<WallBreak[]>().notNull(),
    slotMinutes: integer().notNull(),
    lane: text(),
    firstDate: date({ mode: "string" }).notNull(),
    /** Null: until it is ended. */
    lastDate: date({ mode: "string" }),
    /** Every day up to here has been made or skipped; null: look again from today. */
    madeThrough: date({ mode: "string" }),
    endedAt: instant(),
    version: integer().notNull(),
    createdAt: instant().notNull(),
  },
  (table) => [
    index("clinic_series_organisation").on(table.organisationCode),
    index("clinic_series_due")
      .on(table.madeThrough)
      .where(sql`${table.endedAt} is null`),
    check("clinic_series_slot_minutes", sql`${table.slotMinutes} between 5 and 120`),
    check("clinic_series_times", sql`${table.opens} < ${table.closes}`),
  ],
);
classify(
  clinicSeries,
  keepTwoYears,
  {
    id: "none",
    organisationCode: "none",
    siteId: "none",
    services: "none",
    channel: "none",
    provides: "none",
    pledge: "none",
    weekdays: "none",
    opens: "none",
    closes: "none",
    breaks: "none",
    slotMinutes: "none",
    lane: "staff",
    firstDate: "none",
    lastDate: "none",
    madeThrough: "none",
    endedAt: "none",
    version: "none",
    createdAt: "none",
  },
  { since: sql`coalesce(${clinicSeries.endedAt}, ${clinicSeries.lastDate})` },
);

/** A day (Europe/London) on which an organisation is closed (C2): its series skip it and say so. */
export const closures = pgTable(
  "closures",
  {
    organisationCode: text()
      .notNull()
      .references(() => organisations.code),
    date: date({ mode: "string" }).notNull(),
    createdAt: instant().notNull(),
  },
  (table) => [primaryKey({ columns: [table.organisationCode, table.date] })],
);
classify(
  closures,
  keepTwoYears,
  { organisationCode: "none", date: "none", createdAt: "none" },
  { since: sql`${closures.date}` },
);
