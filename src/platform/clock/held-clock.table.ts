import { boolean, pgTable } from "drizzle-orm/pg-core";
import { classify, instant, keepForever } from "../db/columns.ts";

/** At most one row: the instant that `app_now()` answers while a test or a simulation holds the clock (rule T2). */
export const heldClock = pgTable("held_clock", {
  isHeld: boolean().primaryKey(),
  at: instant().notNull(),
});
classify(heldClock, keepForever, { isHeld: "none", at: "none" });
