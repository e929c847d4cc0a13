import { bigint, index, pgTable, text } from "drizzle-orm/pg-core";
import { classify, instant, keepForever } from "../../platform/db/columns.ts";

/** One row for each table whose rows have a period (P5): when it is purged next, and what became of the last time. */
export const purges = pgTable(
  "purges",
  {
    tableName: text().primaryKey(),
    dueAt: instant().notNull(),
    /** When nothing more was due. Null: never yet. */
    doneAt: instant(),
    /** Rows that have gone since the beginning, with those that went with them. */
    purged: bigint({ mode: "number" }).notNull(),
  },
  (table) => [index("purges_due").on(table.dueAt)],
);
classify(purges, keepForever, { tableName: "none", dueAt: "none", doneAt: "none", purged: "none" });
