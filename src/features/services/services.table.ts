import { boolean, index, integer, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { classify, keepForever } from "../../platform/db/columns.ts";
import { organisations } from "../practices/practices.table.ts";

/** The catalogue of general-practice services, editable by an admin. */
export const services = pgTable("services", {
  code: text().primaryKey(),
  name: text().notNull(),
  defaultMinutes: integer().notNull(),
  /** Who may do it: nurse, hca, gp, pharmacist… */
  performers: text().array().notNull(),
  /** What it always requires of a clinic, besides what a need line asks for. */
  requires: text().array().notNull(),
  /** What home prepares before handing over (H2), in order. */
  handoverChecklist: text().array().notNull(),
  isSharedByDefault: boolean().notNull(),
  /** Matched as this service: `wound-unassessed` is matched as `wound-complex` (R5). Null: as itself. */
  matchedAs: text(),
  isActive: boolean().notNull(),
});
classify(services, keepForever, {
  code: "none",
  name: "none",
  defaultMinutes: "none",
  performers: "none",
  requires: "none",
  handoverChecklist: "none",
  isSharedByDefault: "none",
  matchedAs: "none",
  isActive: "none",
});

/** What an organisation says it could do for neighbours (C3), whether or not a clinic is published. Calls are put to these. */
export const organisationServices = pgTable(
  "organisation_services",
  {
    organisationCode: text()
      .notNull()
      .references(() => organisations.code),
    serviceCode: text()
      .notNull()
      .references(() => services.code),
  },
  (table) => [
    primaryKey({ columns: [table.organisationCode, table.serviceCode] }),
    index("organisation_services_service").on(table.serviceCode),
  ],
);
classify(organisationServices, keepForever, { organisationCode: "none", serviceCode: "none" });
