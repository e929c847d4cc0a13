import { bigint, index, jsonb, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { classify, instant, keepNinetyDays, keepForever } from "../db/columns.ts";
import { pruneEvents } from "./event-log.ts";

/** The last offset given out in each stream: the row that makes offsets contiguous (rule S3). */
export const eventHeads = pgTable("event_heads", {
  stream: text().primaryKey(),
  lastOffset: bigint({ mode: "number" }).notNull(),
  /** Events up to here were pruned; whoever asks for them is told to reset (rule S4). */
  prunedThrough: bigint({ mode: "number" }).notNull().default(0),
});
classify(eventHeads, keepForever, { stream: "none", lastOffset: "none", prunedThrough: "none" });

/** One log for each organisation, offsets 1, 2, 3… */
export const events = pgTable(
  "events",
  {
    stream: text().notNull(),
    offset: bigint({ mode: "number" }).notNull(),
    id: uuid().notNull(),
    type: text().notNull(),
    at: instant().notNull(),
    data: jsonb().$type<Record<string, unknown>>().notNull(),
    /** For whose request it happened (a W3C traceparent): goes into logs and spans, never into a frame. */
    trace: text(),
  },
  (table) => [primaryKey({ columns: [table.stream, table.offset] }), index("events_at").on(table.at)],
);
classify(
  events,
  keepNinetyDays,
  {
    stream: "none",
    offset: "none",
    id: "none",
    type: "none",
    at: "none",
    data: "pseudonymous",
    trace: "none",
  },
  { by: pruneEvents },
);
