import { index, jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { classify, instant } from "../../platform/db/columns.ts";

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
  },
  (table) => [
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
  },
);
