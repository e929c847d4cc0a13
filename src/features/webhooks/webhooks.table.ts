import { sql } from "drizzle-orm";
import { bigint, index, integer, pgTable, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { classify, instant, keepForever, keepNinetyDays } from "../../platform/db/columns.ts";
import { users } from "../identity/identity.table.ts";
import { organisations } from "../practices/practices.table.ts";

const webhookStates = ["active", "paused", "disabled"] as const;
/** Why it is disabled: failing for five days, or the receiver answered 410 Gone. */
const webhookEndReasons = ["dead", "gone"] as const;

/** Where an organisation's own tools want its event log posted to, and how far each has come. */
export const webhookEndpoints = pgTable(
  "webhook_endpoints",
  {
    id: uuid().primaryKey(),
    organisationCode: text()
      .notNull()
      .references(() => organisations.code),
    url: text().notNull(),
    /** Types of events that are sent; none named is all. */
    types: text().array().notNull(),
    state: text({ enum: webhookStates }).notNull(),
    endReason: text({ enum: webhookEndReasons }),
    /**
     * Kept as it is, not hashed: signing needs it. Encrypting it would only move the secret into a key beside the database,
     * and what it protects (that a message to the receiver is from us) is less than what the same database holds.
     */
    secret: text().notNull(),
    /** After a rotation both sign, until then. */
    previousSecret: text(),
    previousUntil: instant(),
    /** Everything of the organisation's log up to here was delivered or is not wanted: the next one comes after it. */
    afterOffset: bigint({ mode: "number" }).notNull(),
    /** Failed tries of the message at hand. */
    failures: integer().notNull(),
    failingSince: instant(),
    /** The next try after a failure; null: at once. */
    dueAt: instant(),
    /**
     * Who is sending just now, by the machine's clock and not by `app_now()`: a lease must run out also while a test holds
     * the clock. Whoever changes the endpoint takes the lease away, so a turn under way cannot overwrite the change.
     */
    leaseId: uuid(),
    leasedUntil: instant(),
    createdBy: uuid()
      .notNull()
      .references(() => users.id),
    createdAt: instant().notNull(),
    version: integer().notNull(),
  },
  (table) => [
    index("webhook_endpoints_organisation").on(table.organisationCode),
    index("webhook_endpoints_due")
      .on(table.dueAt)
      .where(sql`${table.state} = 'active'`),
  ],
);
classify(webhookEndpoints, keepForever, {
  id: "none",
  organisationCode: "none",
  url: "none",
  types: "none",
  state: "none",
  endReason: "none",
  secret: "none",
  previousSecret: "none",
  previousUntil: "none",
  afterOffset: "none",
  failures: "none",
  failingSince: "none",
  dueAt: "none",
  leaseId: "none",
  leasedUntil: "none",
  createdBy: "staff",
  createdAt: "none",
  version: "none",
});

/** What became of each message, for people who look for one. The truth of what is still to send is the endpoint's `afterOffset`. */
export const webhookDeliveries = pgTable(
  "webhook_deliveries",
  {
    id: uuid().primaryKey(),
    endpointId: uuid()
      .notNull()
      .references(() => webhookEndpoints.id, { onDelete: "cascade" }),
    /** event: in its turn. resend, test: because somebody asked. reset: history before it was pruned. */
    kind: text({ enum: ["event", "resend", "test", "reset"] }).notNull(),
    /** The webhook-id: the same for each try, so that the receiver can tell a repeat. */
    messageId: text().notNull(),
    /** In the organisation's log; null for a test. */
    offset: bigint({ mode: "number" }),
    type: text().notNull(),
    state: text({ enum: ["delivered", "failed"] }).notNull(),
    tries: integer().notNull(),
    /** Of the last answer; null where none came. */
    status: integer(),
    problem: text(),
    ms: integer().notNull(),
    createdAt: instant().notNull(),
    lastAt: instant().notNull(),
  },
  (table) => [
    uniqueIndex("webhook_deliveries_event")
      .on(table.endpointId, table.offset)
      .where(sql`${table.kind} = 'event'`),
    index("webhook_deliveries_endpoint").on(table.endpointId, table.lastAt.desc()),
    index("webhook_deliveries_created").on(table.createdAt),
  ],
);
classify(
  webhookDeliveries,
  keepNinetyDays,
  {
    id: "none",
    endpointId: "none",
    kind: "none",
    messageId: "none",
    offset: "none",
    type: "none",
    state: "none",
    tries: "none",
    status: "none",
    problem: "none",
    ms: "none",
    createdAt: "none",
    lastAt: "none",
  },
  { since: sql`${webhookDeliveries.createdAt}` },
);
