import { eq, sql } from "drizzle-orm";
import { z } from "zod";
import type { Actor, Role } from "../../../src/features/access/index.ts";
import type { OpeningHours } from "../../../src/features/calendar/index.ts";
import { userRoles, users } from "../../../src/features/identity/identity.table.ts";
import {
  buddies,
  networkMembers,
  networks,
  organisations,
  sharingMemberships,
  sites,
} from "../../../src/features/practices/practices.table.ts";
import { rows } from "../../../src/platform/db/database.ts";
import { newId, newSpeakable } from "../../../src/platform/ids/ids.ts";
import type { TestDatabase } from "../database.ts";

/*
 * Builders make what a test needs with plain inserts, and whatever that needs in turn. Every value has a default; a test
 * names only those it is about.
 */

/** The group that practices belong to unless a test says otherwise. */
export const TEST_GROUP = "TEST-GROUP";

/** 08:00–18:30 on weekdays: what C3 assumes. */
export const weekdayHours: OpeningHours[] = [1, 2, 3, 4, 5].map((weekday) => ({
  weekday,
  opens: "08:00",
  closes: "18:30",
}));

/** A sharing group, or another kind of network. Making it twice is fine. */
export const aGroup = async (
  db: TestDatabase,
  { code = TEST_GROUP, kind = "sharing-group" }: { code?: string; kind?: typeof networks.$inferInsert.kind } = {},
): Promise<{ code: string }> => {
  await db.q
    .insert(networks)
    .values({ code, kind, name: `Network ${code}` })
    .onConflictDoNothing();
  return { code };
};

/** Signs the sharing agreement for an organisation (P6), or leaves it an unsigned member. */
export const aMembership = async (
  db: TestDatabase,
  organisationCode: string,
  { group = TEST_GROUP, signed = true }: { group?: string; signed?: boolean } = {},
): Promise<void> => {
  await aGroup(db, { code: group });
  const values = signed
    ? { agreementVersion: "1", signedBy: "A manager", signedAt: sql`app_now()`, validFrom: "2020-01-01" }
    : {};
  await db.q
    .insert(sharingMemberships)
    .values({ organisationCode, groupCode: group, ...values })
    .onConflictDoUpdate({ target: sharingMemberships.organisationCode, set: { groupCode: group, ...values } });
};

export interface PracticeOptions {
  readonly code?: string;
  readonly kind?: "practice" | "hub" | "federation";
  readonly name?: string;
  /** Default: near the middle of Newcastle, each a little north of the one before. */
  readonly lat?: number;
  readonly lon?: number;
  readonly listSize?: number | null;
  readonly status?: string;
  readonly isAccepting?: boolean;
  readonly dailyCap?: number | null;
  readonly provides?: string[];
  readonly acceptRoles?: string[];
  /** Null: in no sharing group. */
  readonly group?: string | null;
  /** False: an unsigned member. */
  readonly signed?: boolean;
  readonly pcn?: string;
  readonly openingHours?: OpeningHours[];
}

export interface BuiltPractice {
  readonly code: string;
  readonly siteId: string;
  readonly groupCode: string | null;
}

/** One degree of latitude is 111.19 km: 0.01 is about 1.1 km. */
const northOf = (count: number): number => 54.97 + count * 0.01;

/**
 * An organisation with its main site, a signed member of the test's group, with neighbour rows both ways to every other
 * organisation of that group.
 */
export const aPractice = async (db: TestDatabase, options: PracticeOptions = {}): Promise<BuiltPractice> => {
  const code = options.code ?? `T${newSpeakable(5)}`;
  const siteId = newId();
  const [counted] = await rows(db.q, z.object({ n: z.coerce.number() }), sql`select count(*) as n from organisations`);
  await db.q.insert(organisations).values({
    code,
    kind: options.kind ?? "practice",
    name: options.name ?? `Practice ${code}`,
    postcode: "NE1 1AA",
    lat: options.lat ?? northOf(counted?.n ?? 0),
    lon: options.lon ?? -1.61,
    listSize: options.listSize === undefined ? 8_000 : options.listSize,
    status: options.status ?? "ACTIVE",
    isAccepting: options.isAccepting ?? true,
    dailyCap: options.dailyCap ?? null,
    provides: options.provides ?? [],
    acceptRoles: options.acceptRoles ?? ["nurse", "reception", "manager"],
    version: 1,
    updatedAt: sql`app_now()`,
  });
  await db.q.insert(sites).values({
    id: siteId,
    organisationCode: code,
    name: "Main site",
    isMain: true,
    openingHours: options.openingHours ?? weekdayHours,
  });
  if (options.pcn !== undefined) {
    await aGroup(db, { code: options.pcn, kind: "pcn" });
    await db.q.insert(networkMembers).values({ networkCode: options.pcn, organisationCode: code });
  }
  const groupCode = options.group === undefined ? TEST_GROUP : options.group;
  if (groupCode !== null) {
    await aMembership(db, code, { group: groupCode, signed: options.signed ?? true });
    await addNeighbours(db, code, groupCode);
  }
  return { code, siteId, groupCode };
};

/** Both directions between `code` and the rest of its group within 80 km. */
const addNeighbours = async (db: TestDatabase, code: string, groupCode: string): Promise<void> => {
  await db.q.execute(sql`
    with pairs as (
      select a.code as home, b.code as host,
        2 * 6371.0088 * asin(least(1, sqrt(
          sin(radians(b.lat - a.lat) / 2) ^ 2
          + cos(radians(a.lat)) * cos(radians(b.lat)) * sin(radians(b.lon - a.lon) / 2) ^ 2))) as km,
        exists (select 1 from network_members m join networks n on n.code = m.network_code and n.kind = 'pcn'
                join network_members o on o.network_code = m.network_code and o.organisation_code = b.code
                where m.organisation_code = a.code) as same
      from organisations a
      join sharing_memberships sa on sa.organisation_code = a.code and sa.group_code = ${groupCode}
      join sharing_memberships sb on sb.group_code = ${groupCode}
      join organisations b on b.code = sb.organisation_code and b.code <> a.code
      where a.code = ${code} or b.code = ${code}
    )
    insert into neighbours (home_code, host_code, km, is_same_pcn)
    select home, host, km, same from pairs where km <= 80
    on conflict (home_code, host_code) do update set km = excluded.km, is_same_pcn = excluded.is_same_pcn`);
};

/** Says that `organisationCode` asks `buddyCode` first (ring 1). */
export const aBuddy = async (db: TestDatabase, organisationCode: string, buddyCode: string): Promise<void> => {
  await db.q.insert(buddies).values({ organisationCode, buddyCode }).onConflictDoNothing();
};

/** A user with roles at an organisation (made if not given), as the actor that services take. */
export const aUser = async (
  db: TestDatabase,
  { roles = ["nurse"], at, name = "Sam Nurse" }: { roles?: readonly Role[]; at?: string; name?: string } = {},
): Promise<Actor> => {
  const organisationCode = at ?? (await aPractice(db)).code;
  const userId = newId();
  await db.q.insert(users).values({ id: userId, email: `${userId}@example.test`, name, createdAt: sql`app_now()` });
  if (roles.length > 0) await db.q.insert(userRoles).values(roles.map((role) => ({ userId, organisationCode, role })));
  const [membership] = await db.q
    .select({ groupCode: sharingMemberships.groupCode })
    .from(sharingMemberships)
    .where(eq(sharingMemberships.organisationCode, organisationCode));
  return {
    userId,
    name,
    organisationCode,
    roles,
    groupCode: membership?.groupCode ?? null,
    credential: { kind: "session", id: newId() },
  };
};

/** A federation of the group with one broker: the federation's log carries the board's events. */
export const aBroker = async (
  db: TestDatabase,
  { group = TEST_GROUP, name }: { group?: string; name?: string } = {},
): Promise<Actor> => {
  const named = name === undefined ? {} : { name };
  const { code } = await aPractice(db, { kind: "federation", listSize: null, group, ...named });
  return aUser(db, { roles: ["broker"], at: code, name: "Bo Broker" });
};
