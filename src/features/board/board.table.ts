import { index, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { classify, instant, keepForever } from "../../platform/db/columns.ts";
import { organisations } from "../practices/practices.table.ts";

/** When each federation is next sent what breaks before next opening (`digest`), and the page for when all is down (`fallback`). */
export const boardSchedules = pgTable(
  "board_schedules",
  {
    organisationCode: text()
      .notNull()
      .references(() => organisations.code),
    kind: text({ enum: ["digest", "fallback"] }).notNull(),
    nextAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organisationCode, table.kind] }),
    index("board_schedules_next").on(table.nextAt),
  ],
);
classify(boardSchedules, keepForever, { organisationCode: "none", kind: "none", nextAt: "none" });
