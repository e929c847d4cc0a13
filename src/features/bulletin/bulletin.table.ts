import { sql } from "drizzle-orm";
import { check, index, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { classify, instant, keepTwoYears } from "../../platform/db/columns.ts";
import { users } from "../identity/identity.table.ts";
import { organisations } from "../practices/practices.table.ts";

/**
 * What the federation posts for its sharing group, and what practices ask. Plain text of one line with the identifier
 * guard (P1): it is about the group's work, never about a request or a patient.
 */
export const bulletinPosts = pgTable(
  "bulletin_posts",
  {
    id: uuid().primaryKey(),
    groupCode: text().notNull(),
    organisationCode: text()
      .notNull()
      .references(() => organisations.code),
    kind: text({ enum: ["notice", "question"] }).notNull(),
    text: text().notNull(),
    postedBy: uuid()
      .notNull()
      .references(() => users.id),
    postedAt: instant().notNull(),
    /** Taken from sight by a broker, with a code; the text stays for the record. */
    hiddenAt: instant(),
    hiddenBy: uuid().references(() => users.id),
    hideCode: text(),
  },
  (table) => [
    index("bulletin_posts_group").on(table.groupCode, table.postedAt),
    check("bulletin_posts_text", sql`char_length(${table.text}) between 1 and 400`),
  ],
);
classify(
  bulletinPosts,
  keepTwoYears,
  {
    id: "none",
    groupCode: "none",
    organisationCode: "none",
    kind: "none",
    text: "none",
    postedBy: "staff",
    postedAt: "none",
    hiddenAt: "none",
    hiddenBy: "staff",
    hideCode: "none",
  },
  { since: sql`${bulletinPosts.postedAt}` },
);

export const bulletinAnswers = pgTable(
  "bulletin_answers",
  {
    id: uuid().primaryKey(),
    postId: uuid()
      .notNull()
      .references(() => bulletinPosts.id),
    organisationCode: text()
      .notNull()
      .references(() => organisations.code),
    text: text().notNull(),
    postedBy: uuid()
      .notNull()
      .references(() => users.id),
    postedAt: instant().notNull(),
    hiddenAt: instant(),
    hiddenBy: uuid().references(() => users.id),
    hideCode: text(),
  },
  (table) => [
    index("bulletin_answers_post").on(table.postId, table.postedAt),
    check("bulletin_answers_text", sql`char_length(${table.text}) between 1 and 400`),
  ],
);
classify(
  bulletinAnswers,
  keepTwoYears,
  {
    id: "none",
    postId: "none",
    organisationCode: "none",
    text: "none",
    postedBy: "staff",
    postedAt: "none",
    hiddenAt: "none",
    hiddenBy: "staff",
    hideCode: "none",
  },
  { with: bulletinPosts },
);
