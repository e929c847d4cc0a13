import {
  boolean,
  date,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  real,
  text,
  uuid,
} from "drizzle-orm/pg-core";
import type { OpeningHours } from "../calendar/index.ts";
import { classify, instant, keepForever } from "../../platform/db/columns.ts";

/** A practice, a hub or a federation. `code` is the ODS code where there is one; lengths vary. */
export const organisations = pgTable(
  "organisations",
  {
    code: text().primaryKey(),
    kind: text({ enum: ["practice", "hub", "federation"] }).notNull(),
    name: text().notNull(),
    postcode: text(),
    lat: doublePrecision(),
    lon: doublePrecision(),
    /** Registered patients; missing for hubs and in some sources. */
    listSize: integer(),
    /** As in the ODS: ACTIVE, DORMANT, CLOSED… Only ACTIVE is ever asked. */
    status: text().notNull(),
    /** The switch for being asked at all (C3). */
    isAccepting: boolean().notNull(),
    /** Switched on only until then, "until 18:00"; null: until somebody switches it off. */
    acceptingUntil: instant(),
    /** Needs a day (UTC date of start) for neighbours; null is no cap, 0 is none. */
    dailyCap: integer(),
    /** What every clinic here provides: step-free, hoist, interpreter… */
    provides: text().array().notNull(),
    /** Which roles may answer offers here. */
    acceptRoles: text().array().notNull(),
    /** The number that rings at the desk, not in the queue. */
    bypassPhone: text(),
    version: integer().notNull(),
    updatedAt: instant().notNull(),
  },
  (table) => [index("organisations_name").on(table.name)],
);
classify(organisations, keepForever, {
  code: "none",
  kind: "none",
  name: "none",
  postcode: "none",
  lat: "none",
  lon: "none",
  listSize: "none",
  status: "none",
  isAccepting: "none",
  acceptingUntil: "none",
  dailyCap: "none",
  provides: "none",
  acceptRoles: "none",
  bypassPhone: "none",
  version: "none",
  updatedAt: "none",
});

/** A place with a door. Every organisation has at least one. */
export const sites = pgTable(
  "sites",
  {
    id: uuid().primaryKey(),
    organisationCode: text()
      .notNull()
      .references(() => organisations.code),
    name: text().notNull(),
    address: text(),
    isMain: boolean().notNull(),
    openingHours: jsonb().$type<OpeningHours[]>().notNull(),
  },
  (table) => [index("sites_organisation").on(table.organisationCode)],
);
classify(sites, keepForever, {
  id: "none",
  organisationCode: "none",
  name: "none",
  address: "none",
  isMain: "none",
  openingHours: "none",
});

/** Any group of organisations. */
export const networks = pgTable("networks", {
  code: text().primaryKey(),
  kind: text({
    enum: ["pcn", "cluster", "federation", "super-partnership", "neighbourhood", "icb", "sharing-group"],
  }).notNull(),
  name: text().notNull(),
});
classify(networks, keepForever, { code: "none", kind: "none", name: "none" });

export const networkMembers = pgTable(
  "network_members",
  {
    networkCode: text()
      .notNull()
      .references(() => networks.code),
    organisationCode: text()
      .notNull()
      .references(() => organisations.code),
  },
  (table) => [
    primaryKey({ columns: [table.networkCode, table.organisationCode] }),
    index("network_members_organisation").on(table.organisationCode),
  ],
);
classify(networkMembers, keepForever, { networkCode: "none", organisationCode: "none" });

/** Membership of the one sharing group (P6). Unsigned, or outside from–until: never matched. */
export const sharingMemberships = pgTable(
  "sharing_memberships",
  {
    organisationCode: text()
      .primaryKey()
      .references(() => organisations.code),
    groupCode: text()
      .notNull()
      .references(() => networks.code),
    agreementVersion: text(),
    signedBy: text(),
    signedAt: instant(),
    validFrom: date({ mode: "string" }),
    validUntil: date({ mode: "string" }),
  },
  (table) => [index("sharing_memberships_group").on(table.groupCode)],
);
classify(sharingMemberships, keepForever, {
  organisationCode: "none",
  groupCode: "none",
  agreementVersion: "none",
  signedBy: "staff",
  signedAt: "none",
  validFrom: "none",
  validUntil: "none",
});

/**
 * Every ordered pair of one sharing group within 80 km (decision 6). Rebuilt when practices move or groups change. It is
 * derived and set-based, so it has no foreign keys: checking them took three times as long as the rows (640,000 for
 * England). The key alone serves the candidate search: a home has a few hundred rows at most.
 */
export const neighbours = pgTable(
  "neighbours",
  {
    homeCode: text().notNull(),
    hostCode: text().notNull(),
    /** Straight line by haversine, R = 6371.0088 km. */
    km: real().notNull(),
    isSamePcn: boolean().notNull(),
  },
  (table) => [primaryKey({ columns: [table.homeCode, table.hostCode] })],
);
classify(neighbours, keepForever, { homeCode: "none", hostCode: "none", km: "none", isSamePcn: "none" });

/** Practices that agreed beforehand to be asked first (ring 1). */
export const buddies = pgTable(
  "buddies",
  {
    organisationCode: text()
      .notNull()
      .references(() => organisations.code),
    buddyCode: text()
      .notNull()
      .references(() => organisations.code),
  },
  (table) => [primaryKey({ columns: [table.organisationCode, table.buddyCode] })],
);
classify(buddies, keepForever, { organisationCode: "none", buddyCode: "none" });
