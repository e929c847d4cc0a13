import { sql } from "drizzle-orm";
import { integer, jsonb, pgTable, primaryKey, text } from "drizzle-orm/pg-core";
import { classify, instant, keepTwoDays } from "../db/columns.ts";

/** The first answer to each keyed command (rule O6), written in the transaction of the command itself. */
export const idempotencyKeys = pgTable(
  "idempotency_keys",
  {
    /** Whose key it is: user and organisation, so that nobody meets another's. */
    scope: text().notNull(),
    key: text().notNull(),
    /** Hash of method, path and body: the same key with another body is refused. */
    fingerprint: text().notNull(),
    status: integer().notNull(),
    body: jsonb().$type<unknown>().notNull(),
    createdAt: instant().notNull(),
  },
  (table) => [primaryKey({ columns: [table.scope, table.key] })],
);
classify(
  idempotencyKeys,
  keepTwoDays,
  {
    scope: "staff",
    key: "none",
    fingerprint: "none",
    status: "none",
    body: "pseudonymous",
    createdAt: "none",
  },
  { since: sql`${idempotencyKeys.createdAt}` },
);
