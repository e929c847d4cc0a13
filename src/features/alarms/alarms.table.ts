import { sql } from "drizzle-orm";
import { check, index, integer, pgTable, primaryKey, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { classify, instant, keepForever, keepTwoYears } from "../../platform/db/columns.ts";
import { users } from "../identity/identity.table.ts";
import { organisations } from "../practices/practices.table.ts";
import { coverRequests } from "../requests/requests.table.ts";

/**
 * An alarm is a row with an owner, a deputy and an acknowledgement (F2). At most one a cause is live: whoever raises it
 * twice changes nothing. It ends by itself when its cause does, and says how.
 */
export const alarms = pgTable(
  "alarms",
  {
    id: uuid().primaryKey(),
    groupCode: text().notNull(),
    kind: text({
      enum: ["half-way", "last-hour", "desk-silent", "returned", "ring-patient", "mailbox-dead"],
    }).notNull(),
    /** What it is about: id of a need line, an offer, a request or a task; code of an organisation. */
    subject: text().notNull(),
    /** Null: it is about no request (a dead mailbox). */
    requestId: uuid().references(() => coverRequests.id),
    /** Whose desk has to be rung. */
    deskCode: text()
      .notNull()
      .references(() => organisations.code),
    priority: text({ enum: ["routine", "urgent", "asap"] }).notNull(),
    /** When it breaks: due-by or answer-by. Null: it has broken. */
    breaksAt: instant(),
    /** The rota as it was when the alarm was raised; null: nobody was named, or was away. */
    ownerId: uuid().references(() => users.id),
    deputyId: uuid().references(() => users.id),
    /** Whom it is put to: 0 its owner, 1 the deputy, 2 every broker of the group. */
    level: integer().notNull(),
    raisedAt: instant().notNull(),
    /** When it goes up a level unless somebody acknowledges it; null: there is nobody above, or somebody has. */
    climbsAt: instant(),
    acknowledgedBy: uuid().references(() => users.id),
    acknowledgedAt: instant(),
    endedAt: instant(),
    /** How its cause ended: covered, seen, answered, moved… */
    endedAs: text(),
  },
  (table) => [
    uniqueIndex("alarms_one_live_a_cause")
      .on(table.kind, table.subject)
      .where(sql`${table.endedAt} is null`),
    index("alarms_live")
      .on(table.groupCode)
      .where(sql`${table.endedAt} is null`),
    index("alarms_climbs")
      .on(table.climbsAt)
      .where(sql`${table.climbsAt} is not null`),
    index("alarms_group").on(table.groupCode, table.raisedAt),
    check("alarms_level", sql`${table.level} between 0 and 2`),
  ],
);
classify(
  alarms,
  keepTwoYears,
  {
    id: "none",
    groupCode: "none",
    kind: "none",
    subject: "none",
    requestId: "none",
    deskCode: "none",
    priority: "none",
    breaksAt: "none",
    ownerId: "staff",
    deputyId: "staff",
    level: "none",
    raisedAt: "none",
    climbsAt: "none",
    acknowledgedBy: "staff",
    acknowledgedAt: "none",
    endedAt: "none",
    endedAs: "none",
  },
  { since: sql`${alarms.endedAt}` },
);

/**
 * When alarms become due about something that is open, worked out once in the open hours of the desk concerned (T1) and
 * kept until it is settled: so the sweep finds what is due by an index, and never computes opening hours for the rest.
 */
export const alarmWatches = pgTable(
  "alarm_watches",
  {
    kind: text({ enum: ["line", "offer", "task"] }).notNull(),
    /** Id of the need line, offer or task. */
    subject: uuid().notNull(),
    /** When to raise it first: half of the open time has passed, or the time for ringing the patient. */
    halfAt: instant().notNull(),
    /** The last workable hour begins; null where there is none. */
    lastHourAt: instant(),
    /** What it was worked out from: another due-by or other opening hours make it anew. */
    basis: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.kind, table.subject] }), index("alarm_watches_half").on(table.halfAt)],
);
classify(
  alarmWatches,
  keepTwoYears,
  {
    kind: "none",
    subject: "none",
    halfAt: "none",
    lastHourAt: "none",
    basis: "none",
  },
  { since: sql`${alarmWatches.halfAt}` },
);

/** Who answers alarms for a federation: one person is never the safety net, so there is a deputy. */
export const alarmRotas = pgTable("alarm_rotas", {
  organisationCode: text()
    .primaryKey()
    .references(() => organisations.code),
  ownerId: uuid().references(() => users.id),
  deputyId: uuid().references(() => users.id),
  version: integer().notNull(),
  updatedAt: instant().notNull(),
});
classify(alarmRotas, keepForever, {
  organisationCode: "none",
  ownerId: "staff",
  deputyId: "staff",
  version: "none",
  updatedAt: "none",
});

/** Until when a broker is away, by their own word: alarms pass them by. */
export const brokerAbsences = pgTable(
  "broker_absences",
  {
    userId: uuid()
      .notNull()
      .references(() => users.id),
    organisationCode: text()
      .notNull()
      .references(() => organisations.code),
    awayUntil: instant().notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.organisationCode] })],
);
classify(
  brokerAbsences,
  keepTwoYears,
  { userId: "staff", organisationCode: "none", awayUntil: "staff" },
  { since: sql`${brokerAbsences.awayUntil}` },
);
