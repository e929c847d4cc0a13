import { sql } from "drizzle-orm";
import { bigserial, index, pgTable, text } from "drizzle-orm/pg-core";
import { classify, instant, keepTwoDays } from "../../platform/db/columns.ts";

/**
 * What is due for matching (rules R2, M5): one row for each change that the next plan of a sharing group must see. Rows are
 * only inserted, by whoever changes something, and deleted by the plan that has seen them, in its own transaction. So no
 * two changes wait for each other on a shared row, and a plan that dies leaves its work due.
 */
export const matchDue = pgTable(
  "match_due",
  {
    id: bigserial({ mode: "number" }).primaryKey(),
    groupCode: text().notNull(),
    /** `request.posted`, `offer.declined`, `clinic.published`…: for logs and the queue's board, never for decisions. */
    cause: text().notNull(),
    matchDueAt: instant().notNull(),
  },
  (table) => [index("match_due_group").on(table.groupCode, table.id), index("match_due_at").on(table.matchDueAt)],
);
classify(
  matchDue,
  keepTwoDays,
  { id: "none", groupCode: "none", cause: "none", matchDueAt: "none" },
  { since: sql`${matchDue.matchDueAt}` },
);
