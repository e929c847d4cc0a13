import { sql } from "drizzle-orm";
import { index, integer, pgTable, primaryKey, text, uniqueIndex, uuid } from "drizzle-orm/pg-core";
import { classify, instant, keepNinetyDays, keepTwoDays, keepTwoYears } from "../../platform/db/columns.ts";
import { organisations } from "../practices/practices.table.ts";

export const users = pgTable(
  "users",
  {
    id: uuid().primaryKey(),
    /** Lower case. */
    email: text().notNull(),
    name: text().notNull(),
    /** argon2id, PHC string; null until an invitation is taken up. */
    passwordHash: text(),
    createdAt: instant().notNull(),
    deactivatedAt: instant(),
  },
  (table) => [uniqueIndex("users_email").on(table.email)],
);
classify(
  users,
  keepTwoYears,
  {
    id: "staff",
    email: "staff",
    name: "staff",
    passwordHash: "staff",
    createdAt: "staff",
    deactivatedAt: "staff",
  },
  { since: sql`${users.deactivatedAt}` },
);

/** What a user may be, for which organisation. */
export const userRoles = pgTable(
  "user_roles",
  {
    userId: uuid()
      .notNull()
      .references(() => users.id),
    organisationCode: text()
      .notNull()
      .references(() => organisations.code),
    role: text({ enum: ["nurse", "reception", "manager", "broker", "admin"] }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.organisationCode, table.role] }),
    index("user_roles_organisation").on(table.organisationCode),
  ],
);
classify(userRoles, keepTwoYears, { userId: "staff", organisationCode: "staff", role: "staff" }, { with: users });

export const sessions = pgTable(
  "sessions",
  {
    /** SHA-256 of the cookie's secret: the table alone signs nobody in. */
    idHash: text().primaryKey(),
    userId: uuid()
      .notNull()
      .references(() => users.id),
    actingFor: text()
      .notNull()
      .references(() => organisations.code),
    /** The sign-in; kept when the secret is changed, so that a session's day is not prolonged. */
    createdAt: instant().notNull(),
    lastSeenAt: instant().notNull(),
    endedAt: instant(),
  },
  (table) => [index("sessions_user").on(table.userId)],
);
classify(
  sessions,
  keepNinetyDays,
  {
    idHash: "staff",
    userId: "staff",
    actingFor: "staff",
    createdAt: "staff",
    lastSeenAt: "staff",
    endedAt: "staff",
  },
  { since: sql`${sessions.createdAt}` },
);

export const apiTokens = pgTable(
  "api_tokens",
  {
    id: uuid().primaryKey(),
    /** SHA-256 of the token, which is shown once. */
    tokenHash: text().notNull(),
    userId: uuid()
      .notNull()
      .references(() => users.id),
    organisationCode: text()
      .notNull()
      .references(() => organisations.code),
    name: text().notNull(),
    createdAt: instant().notNull(),
    lastUsedAt: instant(),
    revokedAt: instant(),
  },
  (table) => [uniqueIndex("api_tokens_hash").on(table.tokenHash), index("api_tokens_user").on(table.userId)],
);
classify(
  apiTokens,
  keepTwoYears,
  {
    id: "staff",
    tokenHash: "staff",
    userId: "staff",
    organisationCode: "staff",
    name: "staff",
    createdAt: "staff",
    lastUsedAt: "staff",
    revokedAt: "staff",
  },
  { since: sql`${apiTokens.revokedAt}` },
);

/**
 * A link that makes somebody a colleague. Whoever holds it chooses a password, or gives the one they have elsewhere; no
 * account exists before that, so nobody can be signed in as a person who never came.
 */
export const invitations = pgTable(
  "invitations",
  {
    /** SHA-256 of the link's token. */
    tokenHash: text().primaryKey(),
    /** Lower case. */
    email: text().notNull(),
    name: text().notNull(),
    organisationCode: text()
      .notNull()
      .references(() => organisations.code),
    roles: text({ enum: ["nurse", "reception", "manager", "broker", "admin"] })
      .array()
      .notNull(),
    createdAt: instant().notNull(),
    expiresAt: instant().notNull(),
    acceptedAt: instant(),
  },
  (table) => [index("invitations_organisation").on(table.organisationCode)],
);
classify(
  invitations,
  keepNinetyDays,
  {
    tokenHash: "staff",
    email: "staff",
    name: "staff",
    organisationCode: "staff",
    roles: "staff",
    createdAt: "staff",
    expiresAt: "staff",
    acceptedAt: "staff",
  },
  { since: sql`${invitations.createdAt}` },
);

/** Sign-ins that failed or are under way, by account and by address, as pairs, so that nobody can lock out a practice. */
export const signInFailures = pgTable("sign_in_failures", {
  /** Hash of account and address together; never the address itself. */
  bucket: text().primaryKey(),
  failures: integer().notNull(),
  lastAt: instant().notNull(),
});
classify(
  signInFailures,
  keepTwoDays,
  { bucket: "staff", failures: "none", lastAt: "none" },
  { since: sql`${signInFailures.lastAt}` },
);
