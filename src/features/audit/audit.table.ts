import { sql } from "drizzle-orm";
import { bigint, index, integer, jsonb, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { classify, instant, keepForever } from "../../platform/db/columns.ts";
import { purgeAudit } from "./purge.repository.ts";

/** Who did what, append-only: written in the transaction of the act. */
export const auditEntries = pgTable(
  "audit_entries",
  {
    id: uuid().primaryKey(),
    at: instant().notNull(),
    /** Null: the system itself, for example an expiry. */
    userId: uuid(),
    organisationCode: text().notNull(),
    /** `offer.accept`, `request.post`, `broker.widen`… */
    action: text().notNull(),
    subject: text().notNull(),
    data: jsonb().$type<Record<string, unknown>>().notNull(),
    /** Which run of transaction numbers `xid` belongs to: a restored database counts anew, in the next era. */
    era: integer().notNull().default(1),
    /** The transaction that wrote it. What lies below the oldest one still running is complete for ever, and can be sealed. */
    xid: bigint({ mode: "number" })
      .notNull()
      .default(sql`(pg_current_xact_id()::text::bigint)`),
  },
  (table) => [
    index("audit_entries_sealing").on(table.era, table.xid),
    index("audit_entries_subject").on(table.subject),
    index("audit_entries_organisation_at").on(table.organisationCode, table.at),
  ],
);
classify(
  auditEntries,
  { period: "P2920D", from: "the row's creation: eight years, as the records schedule asks of decisions about care" },
  {
    id: "none",
    at: "none",
    userId: "staff",
    organisationCode: "none",
    action: "none",
    subject: "pseudonymous",
    data: "pseudonymous",
    era: "none",
    xid: "none",
  },
  { by: purgeAudit },
);

/**
 * The audit trail in hash-chained batches: each covers the entries of the transactions `fromXid` (inclusive) to `untilXid`
 * (exclusive) of one era. Written a moment after the entries themselves: a chain inside their transactions would make
 * everybody wait for everybody.
 */
export const auditSeals = pgTable(
  "audit_seals",
  {
    /** 1, 2, 3… without gaps. */
    id: integer().notNull(),
    era: integer().notNull(),
    fromXid: bigint({ mode: "number" }).notNull(),
    untilXid: bigint({ mode: "number" }).notNull(),
    count: integer().notNull(),
    /** SHA-256 (hex) of the seal before, or of nothing, and the entries in order. */
    hash: text().notNull(),
    previous: text().notNull(),
    /** The latest entry's: when all of the batch may be purged. */
    lastAt: instant().notNull(),
    sealedAt: instant().notNull(),
    /** Its entries went after their eight years; the seal stays, so that the chain does. */
    purgedAt: instant(),
  },
  (table) => [primaryKey({ columns: [table.id] })],
);
classify(auditSeals, keepForever, {
  id: "none",
  era: "none",
  fromXid: "none",
  untilXid: "none",
  count: "none",
  hash: "none",
  previous: "none",
  lastAt: "none",
  sealedAt: "none",
  purgedAt: "none",
});
