import { sql } from "drizzle-orm";
import { date, integer, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { classify, instant, keepTwoYears } from "../../platform/db/columns.ts";
import { users } from "../identity/identity.table.ts";
import { organisations } from "../practices/practices.table.ts";

/** "Same clinics next week?": that a practice was asked, and what it said. */
export const nextWeekAsks = pgTable(
  "next_week_asks",
  {
    organisationCode: text()
      .notNull()
      .references(() => organisations.code),
    /** The Monday of the week whose clinics are repeated. */
    weekOf: date({ mode: "string" }).notNull(),
    askedAt: instant().notNull(),
    /** Somebody of the practice opened the page from the message: the message arrives where people read it. */
    seenAt: instant(),
    answer: text({ enum: ["yes", "change"] }),
    answeredAt: instant(),
    answeredBy: uuid().references(() => users.id),
    /** Clinics that *Yes* has published. */
    published: integer().notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.organisationCode, table.weekOf] })],
);
classify(
  nextWeekAsks,
  keepTwoYears,
  {
    organisationCode: "none",
    weekOf: "none",
    askedAt: "none",
    seenAt: "none",
    answer: "none",
    answeredAt: "none",
    answeredBy: "staff",
    published: "none",
  },
  { since: sql`${nextWeekAsks.askedAt}` },
);
