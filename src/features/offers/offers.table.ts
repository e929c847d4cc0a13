import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  real,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { classify, instant, keepTwoYears } from "../../platform/db/columns.ts";
import { slots } from "../capacity/capacity.table.ts";
import { users } from "../identity/identity.table.ts";
import { organisations } from "../practices/practices.table.ts";
import { coverRequests, needs } from "../requests/requests.table.ts";

/** One request × one supporting practice, with an expiry. */
export const offers = pgTable(
  "offers",
  {
    id: uuid().primaryKey(),
    requestId: uuid()
      .notNull()
      .references(() => coverRequests.id),
    groupCode: text().notNull(),
    homeCode: text()
      .notNull()
      .references(() => organisations.code),
    supportingCode: text()
      .notNull()
      .references(() => organisations.code),
    /** slots: these times, held. call: no published times, "can you take any?" */
    kind: text({ enum: ["slots", "call"] }).notNull(),
    /** The side that has not yet agreed (O1). */
    awaiting: text({ enum: ["supporting", "home"] }).notNull(),
    state: text({ enum: ["waiting", "accepted", "part-accepted", "declined", "lapsed", "stood-down"] }).notNull(),
    priority: text({ enum: ["routine", "urgent", "asap"] }).notNull(),
    ring: integer().notNull(),
    /** Asked beside a first choice (A2): stood down when a first choice wants its slots. */
    isExtra: boolean().notNull(),
    km: real().notNull(),
    /** Why us, in words that are ready to show (M6). */
    reasons: jsonb().$type<string[]>().notNull(),
    expiresAt: instant().notNull(),
    extendedAt: instant(),
    /** First shown at a desk; null is a desk that has not looked (F2). */
    seenAt: instant(),
    /** The federation asked the desk to look again (F3). */
    nudgedAt: instant(),
    createdAt: instant().notNull(),
    answeredAt: instant(),
    answeredBy: uuid().references(() => users.id),
    declineCode: text(),
    version: integer().notNull(),
  },
  (table) => [
    index("offers_request").on(table.requestId),
    index("offers_supporting").on(table.supportingCode, table.createdAt.desc()),
    index("offers_waiting_supporting")
      .on(table.supportingCode)
      .where(sql`${table.state} = 'waiting'`),
    index("offers_waiting_home")
      .on(table.homeCode)
      .where(sql`${table.state} = 'waiting' and ${table.awaiting} = 'home'`),
    index("offers_home").on(table.homeCode, table.createdAt.desc()),
    index("offers_expires")
      .on(table.expiresAt)
      .where(sql`${table.state} = 'waiting'`),
    check("offers_between_two", sql`${table.homeCode} <> ${table.supportingCode}`),
  ],
);
classify(
  offers,
  keepTwoYears,
  {
    id: "none",
    requestId: "none",
    groupCode: "none",
    homeCode: "none",
    supportingCode: "none",
    kind: "none",
    awaiting: "none",
    state: "none",
    priority: "none",
    ring: "none",
    isExtra: "none",
    km: "none",
    reasons: "none",
    expiresAt: "none",
    extendedAt: "none",
    seenAt: "none",
    nudgedAt: "none",
    createdAt: "none",
    answeredAt: "none",
    answeredBy: "staff",
    declineCode: "none",
    version: "none",
  },
  { with: coverRequests },
);

/** The needs an offer is about. `isLive` ends when the offer does, or when the need is covered elsewhere (O5). */
export const offerNeeds = pgTable(
  "offer_needs",
  {
    offerId: uuid()
      .notNull()
      .references(() => offers.id),
    needId: uuid()
      .notNull()
      .references(() => needs.id),
    isLive: boolean().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.offerId, table.needId] }),
    // For the purge: a need that goes is looked for here.
    index("offer_needs_need").on(table.needId),
    index("offer_needs_live")
      .on(table.needId)
      .where(sql`${table.isLive}`),
  ],
);
classify(offerNeeds, keepTwoYears, { offerId: "none", needId: "pseudonymous", isLive: "none" }, { with: offers });

/** The slots an offer holds, by the block they make for one need. */
export const offerSlots = pgTable(
  "offer_slots",
  {
    offerId: uuid()
      .notNull()
      .references(() => offers.id),
    slotId: uuid()
      .notNull()
      .references(() => slots.id),
    needId: uuid()
      .notNull()
      .references(() => needs.id),
    isLive: boolean().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.offerId, table.slotId] }),
    // For the purge: a need or slot that goes is looked for here.
    index("offer_slots_need").on(table.needId),
    index("offer_slots_slot").on(table.slotId),
    uniqueIndex("offer_slots_one_live_hold")
      .on(table.slotId)
      .where(sql`${table.isLive}`),
  ],
);
classify(
  offerSlots,
  keepTwoYears,
  { offerId: "none", slotId: "none", needId: "pseudonymous", isLive: "none" },
  { with: offers },
);
