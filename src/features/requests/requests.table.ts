import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { classify, instant, keepTwoYears } from "../../platform/db/columns.ts";
import { users } from "../identity/identity.table.ts";
import { organisations } from "../practices/practices.table.ts";
import { services } from "../services/services.table.ts";

const priorities = ["routine", "urgent", "asap"] as const;

/** What the home practice posts. Its status is derived from its needs (R8). */
export const coverRequests = pgTable(
  "cover_requests",
  {
    id: uuid().primaryKey(),
    /** `CR-7F3K` (R4). */
    reference: text().notNull(),
    homeCode: text()
      .notNull()
      .references(() => organisations.code),
    /** The sharing group at the time of posting. */
    groupCode: text().notNull(),
    priority: text({ enum: priorities }).notNull(),
    reason: text({
      enum: ["staff-absence", "planned-leave", "premises", "it-outage", "demand-surge", "stock", "other"],
    }).notNull(),
    /** Take firm slots at once: posting was the consent (O1). */
    takesFirm: boolean().notNull(),
    postedBy: uuid()
      .notNull()
      .references(() => users.id),
    /** The organisation whose user posted: home itself, or the federation on its behalf (R5). */
    postedByCode: text().notNull(),
    /** Paused by the broker (F3): not matched while set. */
    pausedAt: instant(),
    version: integer().notNull(),
    createdAt: instant().notNull(),
  },
  (table) => [
    uniqueIndex("cover_requests_reference").on(table.reference),
    index("cover_requests_home").on(table.homeCode, table.createdAt),
    index("cover_requests_group").on(table.groupCode, table.createdAt),
  ],
);
classify(
  coverRequests,
  keepTwoYears,
  {
    id: "none",
    reference: "pseudonymous",
    homeCode: "none",
    groupCode: "none",
    priority: "none",
    reason: "none",
    takesFirm: "none",
    postedBy: "staff",
    postedByCode: "none",
    pausedAt: "none",
    version: "none",
    createdAt: "none",
  },
  {
    since: sql`${coverRequests.createdAt}`,
    // Only when every need has ended, a returned one is acknowledged, and all of it lies that far back. A told need whose
    // outcome nobody ticked is over too.
    unless: (before) => sql`exists (
    select 1 from need_lines l join needs n on n.line_id = l.id
    where l.request_id = ${coverRequests.id}
      and (n.state in ('open', 'offered', 'agreed') or (n.state = 'returned' and n.acknowledged_at is null)
           or greatest(n.ended_at, l.due_by) >= ${before}))`,
  },
);

/** "9 × simple dressing, 20 min, by 24 Dec 18:30, step-free." */
export const needLines = pgTable(
  "need_lines",
  {
    id: uuid().primaryKey(),
    requestId: uuid()
      .notNull()
      .references(() => coverRequests.id),
    position: integer().notNull(),
    serviceCode: text()
      .notNull()
      .references(() => services.code),
    channel: text({ enum: ["in-person", "telephone", "video", "home-visit"] }).notNull(),
    minutes: integer().notNull(),
    earliest: instant().notNull(),
    dueBy: instant().notNull(),
    requires: text().array().notNull(),
    maxKm: integer().notNull(),
    priority: text({ enum: priorities }).notNull(),
    /** Why each practice was not asked, from the last plan: code → reason (M6). */
    notAsked: jsonb().$type<Record<string, string>>().notNull(),
    /** Planned since `notAsked` was last worked out; null: it is up to date. */
    explainDueAt: instant(),
  },
  (table) => [
    uniqueIndex("need_lines_position").on(table.requestId, table.position),
    index("need_lines_explain_due")
      .on(table.explainDueAt)
      .where(sql`${table.explainDueAt} is not null`),
    check(
      "need_lines_window",
      sql`${table.earliest} < ${table.dueBy} and ${table.dueBy} <= ${table.earliest} + interval '60 days'`,
    ),
    check("need_lines_minutes", sql`${table.minutes} between 5 and 120`),
    check("need_lines_max_km", sql`${table.maxKm} between 1 and 80`),
  ],
);
classify(
  needLines,
  keepTwoYears,
  {
    id: "none",
    requestId: "none",
    position: "none",
    serviceCode: "none",
    channel: "none",
    minutes: "none",
    earliest: "none",
    dueBy: "none",
    requires: "none",
    maxKm: "none",
    priority: "none",
    notAsked: "none",
    explainDueAt: "none",
  },
  { with: coverRequests },
);

/** One anonymous appointment of a line. */
export const needs = pgTable(
  "needs",
  {
    id: uuid().primaryKey(),
    requestId: uuid()
      .notNull()
      .references(() => coverRequests.id),
    lineId: uuid()
      .notNull()
      .references(() => needLines.id),
    groupCode: text().notNull(),
    /** `N01`… within its request (R4). */
    ref: text().notNull(),
    /** Needs of one person, best kept at one place. */
    course: text(),
    state: text({
      enum: ["open", "offered", "agreed", "told", "closed", "withdrawn", "sorted", "returned"],
    }).notNull(),
    /** Its own: raised by one when the supporting side cancels. */
    priority: text({ enum: priorities }).notNull(),
    /** How far asking has widened: 1 buddies, 2 same PCN, 3 the group (A3). */
    ring: integer().notNull(),
    /** How many practices more than the breadth may be asked, one for each ring that passed unanswered (A3). */
    extraAsks: integer().notNull(),
    /** When the present ring's wait has passed. */
    widenAt: instant(),
    /** Times that the patient said no to (a patient's no): no block that touches one is offered for it again. Null: none. */
    excludedTimes: jsonb().$type<{ readonly from: string; readonly until: string }[]>(),
    /** Coded: kept-home, community-nursing, hub, not-needed, due-by-passed… */
    endedAs: text(),
    endedAt: instant(),
    /** A returned need must be acknowledged by a person of the home practice (R7). */
    acknowledgedBy: uuid().references(() => users.id),
    acknowledgedAt: instant(),
  },
  (table) => [
    uniqueIndex("needs_ref").on(table.requestId, table.ref),
    index("needs_live")
      .on(table.groupCode)
      .where(sql`${table.state} in ('open', 'offered')`),
    index("needs_widen")
      .on(table.widenAt)
      .where(sql`${table.widenAt} is not null`),
    index("needs_line").on(table.lineId),
    // What the board shows first, and what raises alarms (R7, F2).
    index("needs_returned")
      .on(table.groupCode)
      .where(sql`${table.state} = 'returned' and ${table.acknowledgedAt} is null`),
  ],
);
classify(
  needs,
  keepTwoYears,
  {
    id: "pseudonymous",
    requestId: "none",
    lineId: "none",
    groupCode: "none",
    ref: "pseudonymous",
    course: "pseudonymous",
    state: "none",
    priority: "none",
    ring: "none",
    extraAsks: "none",
    widenAt: "none",
    excludedTimes: "pseudonymous",
    endedAs: "none",
    endedAt: "none",
    acknowledgedBy: "staff",
    acknowledgedAt: "none",
  },
  { with: coverRequests },
);

/** Practices that are not asked again for a need until something material changes (A5), or were ruled out by the patient. */
export const needExclusions = pgTable(
  "need_exclusions",
  {
    needId: uuid()
      .notNull()
      .references(() => needs.id),
    organisationCode: text()
      .notNull()
      .references(() => organisations.code),
    reason: text({ enum: ["declined", "lapsed", "cancelled", "patient-no"] }).notNull(),
    at: instant().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.needId, table.organisationCode] }),
    index("need_exclusions_organisation").on(table.organisationCode),
  ],
);
classify(
  needExclusions,
  keepTwoYears,
  {
    needId: "pseudonymous",
    organisationCode: "none",
    reason: "none",
    at: "none",
  },
  { with: needs },
);
