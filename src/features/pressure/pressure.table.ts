import { sql } from "drizzle-orm";
import { check, index, integer, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { classify, instant, keepTwoYears } from "../../platform/db/columns.ts";
import { users } from "../identity/identity.table.ts";
import { organisations } from "../practices/practices.table.ts";

/** How pressed a practice says that it is (OPEL 1–4), until it expires by itself. At 3 and 4 it is not asked. */
export const pressureStates = pgTable(
  "pressure_states",
  {
    organisationCode: text()
      .primaryKey()
      .references(() => organisations.code),
    level: integer().notNull(),
    declaredBy: uuid()
      .notNull()
      .references(() => users.id),
    declaredAt: instant().notNull(),
    /** Default: the end of the desk's day. */
    expiresAt: instant().notNull(),
  },
  (table) => [
    index("pressure_states_expires").on(table.expiresAt),
    check("pressure_states_level", sql`${table.level} between 1 and 4`),
  ],
);
classify(
  pressureStates,
  keepTwoYears,
  {
    organisationCode: "none",
    level: "none",
    declaredBy: "staff",
    declaredAt: "none",
    expiresAt: "none",
  },
  { since: sql`${pressureStates.expiresAt}` },
);

/** Practices that a broker has paused (F3): not asked while the row is there. Who, why and for how long is in the audit trail. */
export const practicePauses = pgTable(
  "practice_pauses",
  {
    organisationCode: text()
      .primaryKey()
      .references(() => organisations.code),
    reason: text().notNull(),
    pausedBy: uuid()
      .notNull()
      .references(() => users.id),
    pausedAt: instant().notNull(),
    /** Ends by itself; null: until a broker ends it. */
    expiresAt: instant(),
  },
  (table) => [
    index("practice_pauses_expires")
      .on(table.expiresAt)
      .where(sql`${table.expiresAt} is not null`),
  ],
);
classify(
  practicePauses,
  keepTwoYears,
  {
    organisationCode: "none",
    reason: "none",
    pausedBy: "staff",
    pausedAt: "none",
    expiresAt: "none",
  },
  { since: sql`${practicePauses.expiresAt}` },
);
