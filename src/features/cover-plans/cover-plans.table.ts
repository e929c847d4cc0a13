import { sql } from "drizzle-orm";
import { check, integer, jsonb, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import { classify, instant, keepForever } from "../../platform/db/columns.ts";
import { networks } from "../practices/practices.table.ts";
import { services } from "../services/services.table.ts";
import type { Plan } from "./cover-plans.schema.ts";

/** How a sharing group asks for a service, or for every service that has no plan of its own, where it is not the usual way. */
export const coverPlans = pgTable(
  "cover_plans",
  {
    id: uuid().primaryKey(),
    groupCode: text()
      .notNull()
      .references(() => networks.code),
    /** Null: all services without a plan of their own. */
    serviceCode: text().references(() => services.code),
    /** Null: back to the usual way. The row stays, so that its versions never come again. */
    plan: jsonb().$type<Plan>(),
    version: integer().notNull(),
    changedAt: instant().notNull(),
  },
  (table) => [
    unique("cover_plans_one_a_service").on(table.groupCode, table.serviceCode).nullsNotDistinct(),
    check("cover_plans_is_a_plan", sql`jsonb_typeof(${table.plan}) = 'object'`),
  ],
);
classify(coverPlans, keepForever, {
  id: "none",
  groupCode: "none",
  serviceCode: "none",
  plan: "none",
  version: "none",
  changedAt: "none",
});
