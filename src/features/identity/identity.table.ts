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
classify(users, keepTwoYears, {
  id: "staff",
  email: "staff",
  name: "staff",
  passwordHash: "staff",
  createdAt: "staff",
  deactivatedAt: "staff",
});

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
classify(userRoles, keepTwoYears, { userId: "staff", organisationCode: "staff", role: "staff" });

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
    csrfSecret: text().notNull(),
    createdAt: instant().notNull(),
    lastSeenAt: instant().notNull(),
    endedAt: instant(),
  },
  (table) => [index("sessions_user").on(table.userId)],
);
classify(sessions, keepNinetyDays, {
  idHash: "staff",
  userId: "staff",
  actingFor: "staff",
  csrfSecret: "staff",
  createdAt: "staff",
  lastSeenAt: "staff",
  endedAt: "staff",
});

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
classify(apiTokens, keepTwoYears, {
  id: "staff",
  tokenHash: "staff",
  userId: "staff",
  organisationCode: "staff",
  name: "staff",
  createdAt: "staff",
  lastUsedAt: "staff",
  revokedAt: "staff",
});

/** Failed sign-ins by account and by address, each in its own bucket so that one desk cannot lock out a practice. */
export const signInFailures = pgTable("sign_in_failures", {
  /** `account:<hash>|address:<hash>` pairs; never the address itself. */
  bucket: text().primaryKey(),
  failures: integer().notNull(),
  lastAt: instant().notNull(),
});
classify(signInFailures, keepTwoDays, { bucket: "staff", failures: "none", lastAt: "none" });
