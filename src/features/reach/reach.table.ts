import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { classify, instant, keepForever, keepNinetyDays, keepTwoYears } from "../../platform/db/columns.ts";
import { users } from "../identity/identity.table.ts";
import { offers } from "../offers/offers.table.ts";
import { organisations } from "../practices/practices.table.ts";

/** How far an organisation's event log has been turned into deliveries. No row: nothing of it yet. */
export const reachCursors = pgTable("reach_cursors", {
  organisationCode: text().primaryKey(),
  after: bigint({ mode: "number" }).notNull(),
});
classify(reachCursors, keepForever, { organisationCode: "none", after: "none" });

/** How an organisation is reached: the shared mailbox, which is the guaranteed way. Its phone number is a setting of the organisation. */
export const reachChannels = pgTable(
  "reach_channels",
  {
    organisationCode: text()
      .primaryKey()
      .references(() => organisations.code),
    mailbox: text().notNull(),
    /** When somebody signed in here said that the test message arrived. Until then nothing else is sent there. */
    confirmedAt: instant(),
    confirmedBy: uuid().references(() => users.id),
    /** SHA-256 of the secret in the last test message. */
    testHash: text(),
    testSentAt: instant(),
    /** Since when the mailbox refuses, or cannot be delivered to; null while it works. */
    failingSince: instant(),
    /** What the other mail server answered: a status code, never its text. */
    failure: text(),
    /** Messages in a row that could not be delivered. */
    failures: integer().notNull(),
    lastSentAt: instant(),
    /** When the last bundle of routine messages went: the next waits 30 open minutes from then. */
    lastDigestAt: instant(),
    version: integer().notNull(),
  },
  (table) => [
    index("reach_channels_failing")
      .on(table.organisationCode)
      .where(sql`${table.failingSince} is not null`),
  ],
);
classify(reachChannels, keepForever, {
  organisationCode: "none",
  mailbox: "staff",
  confirmedAt: "none",
  confirmedBy: "staff",
  testHash: "none",
  testSentAt: "none",
  failingSince: "none",
  failure: "none",
  failures: "none",
  lastSentAt: "none",
  lastDigestAt: "none",
  version: "none",
});

/** Users who asked to be told at their own address too, for one organisation. */
export const reachPeople = pgTable(
  "reach_people",
  {
    userId: uuid()
      .notNull()
      .references(() => users.id),
    organisationCode: text()
      .notNull()
      .references(() => organisations.code),
    createdAt: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.organisationCode] }),
    index("reach_people_organisation").on(table.organisationCode),
  ],
);
classify(
  reachPeople,
  keepTwoYears,
  { userId: "staff", organisationCode: "staff", createdAt: "staff" },
  { with: users },
);

/** A browser that a user let us push to, for one organisation (RFC 8030). */
export const pushSubscriptions = pgTable(
  "push_subscriptions",
  {
    id: uuid().primaryKey(),
    userId: uuid()
      .notNull()
      .references(() => users.id),
    organisationCode: text()
      .notNull()
      .references(() => organisations.code),
    endpoint: text().notNull(),
    /** The browser's public key and shared secret (RFC 8291), base64url. */
    p256dh: text().notNull(),
    auth: text().notNull(),
    createdAt: instant().notNull(),
    lastSentAt: instant(),
  },
  (table) => [
    uniqueIndex("push_subscriptions_endpoint").on(table.endpoint),
    index("push_subscriptions_organisation").on(table.organisationCode),
  ],
);
classify(
  pushSubscriptions,
  keepTwoYears,
  {
    id: "staff",
    userId: "staff",
    organisationCode: "staff",
    endpoint: "staff",
    p256dh: "staff",
    auth: "staff",
    createdAt: "staff",
    lastSentAt: "staff",
  },
  { with: users },
);

/** One message as it leaves: to one address or browser, with one thing or a bundle of them in it. */
export const envelopes = pgTable(
  "envelopes",
  {
    id: uuid().primaryKey(),
    organisationCode: text(),
    channel: text({ enum: ["email", "push"] }).notNull(),
    /** `desk:A81001`, `user:ID` or `push:ID` (of the browser). */
    recipient: text().notNull(),
    /** Where it goes; the channel may change while it is on its way. */
    address: text().notNull(),
    /** What it says, ready to send: a repeat says the same. */
    content: jsonb().$type<Record<string, unknown>>().notNull(),
    state: text({ enum: ["queued", "sent", "delivered", "bounced", "failed", "dropped"] }).notNull(),
    attempts: integer().notNull(),
    nextAt: instant().notNull(),
    /** Until when one process has it in hand, by the real clock: a held clock must not keep a dead process's work. */
    leaseUntil: instant(),
    createdAt: instant().notNull(),
    sentAt: instant(),
    endedAt: instant(),
    /** Status code or name of the last failure. */
    failure: text(),
  },
  (table) => [
    index("envelopes_due")
      .on(table.nextAt)
      .where(sql`${table.state} = 'queued'`),
    index("envelopes_organisation").on(table.organisationCode, table.createdAt.desc()),
  ],
);
classify(
  envelopes,
  keepNinetyDays,
  {
    id: "none",
    organisationCode: "none",
    channel: "none",
    recipient: "staff",
    address: "staff",
    content: "pseudonymous",
    state: "none",
    attempts: "none",
    nextAt: "none",
    leaseUntil: "none",
    createdAt: "none",
    sentAt: "none",
    endedAt: "none",
    failure: "none",
  },
  { since: sql`${envelopes.createdAt}` },
);

/**
 * The delivery record: one thing that one recipient is told through one channel. `cause` and `recipient` together exist
 * once, so reading the log twice, or asking twice, tells nobody twice.
 */
export const deliveries = pgTable(
  "deliveries",
  {
    id: uuid().primaryKey(),
    /** `offer:ID`, `stand-down:ID`, `alarm:ID:2`…: what it is about, and which time. */
    cause: text().notNull(),
    organisationCode: text(),
    channel: text({ enum: ["email", "push"] }).notNull(),
    recipient: text().notNull(),
    kind: text().notNull(),
    priority: text({ enum: ["routine", "urgent", "asap"] }).notNull(),
    offerId: uuid().references(() => offers.id),
    /** Subject, lines and link; of an offer they are written when it is sent, so that they are true then. */
    content: jsonb().$type<Record<string, unknown>>().notNull(),
    /** Not before then: the desk's opening, or the end of the quiet time between bundles. */
    dueAt: instant().notNull(),
    envelopeId: uuid().references(() => envelopes.id),
    droppedAt: instant(),
    /** Why it was never sent: `over`, `no-address`, `mail-off`, `stale`. */
    dropReason: text(),
    isDigest: boolean().notNull(),
    createdAt: instant().notNull(),
  },
  (table) => [
    uniqueIndex("deliveries_once").on(table.cause, table.recipient),
    index("deliveries_due")
      .on(table.dueAt)
      .where(sql`${table.envelopeId} is null and ${table.droppedAt} is null`),
    index("deliveries_offer").on(table.offerId),
    index("deliveries_envelope").on(table.envelopeId),
    index("deliveries_organisation").on(table.organisationCode, table.createdAt.desc()),
  ],
);
classify(
  deliveries,
  keepNinetyDays,
  {
    id: "none",
    cause: "none",
    organisationCode: "none",
    channel: "none",
    recipient: "staff",
    kind: "none",
    priority: "none",
    offerId: "none",
    content: "pseudonymous",
    dueAt: "none",
    envelopeId: "none",
    droppedAt: "none",
    dropReason: "none",
    isDigest: "none",
    createdAt: "none",
  },
  { since: sql`${deliveries.createdAt}` },
);
