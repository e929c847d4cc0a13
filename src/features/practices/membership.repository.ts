import { sql, type SQL } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable, type Tx } from "../../platform/db/database.ts";

/*
 * Who is matched with whom (rules P3, P6), as SQL that other features build into their own statements, and as reads.
 */

/** SQL: is the row `alias` of sharing_memberships signed and in force on today's London date (P6)? */
export const isSignedSql = (alias: string): SQL => {
  const m = sql.identifier(alias);
  return sql`(${m}.agreement_version is not null and ${m}.signed_at is not null
    and ${m}.valid_from <= ((select app_now()) at time zone 'Europe/London')::date
    and (${m}.valid_until is null or ${m}.valid_until >= ((select app_now()) at time zone 'Europe/London')::date))`;
};

/** A practice with fewer registered patients is closing, or a special allocation scheme: never asked. */
const MIN_LIST_SIZE = 500;

/** SQL: is the switch of the row `alias` of organisations on just now (C3)? It may be on only until some time. */
export const isAcceptingSql = (alias: string): SQL => {
  const o = sql.identifier(alias);
  return sql`(${o}.is_accepting and (${o}.accepting_until is null or ${o}.accepting_until > (select app_now())))`;
};

/**
 * SQL: may the row `alias` of organisations be asked at all: ACTIVE, not a practice with under 500 patients, not at OPEL 3
 * or 4 by its own word, and not paused by a broker (F3)? The tables are those of the pressure feature.
 */
export const isAskableSql = (alias: string): SQL => {
  const o = sql.identifier(alias);
  return sql`(${o}.status = 'ACTIVE' and ${o}.kind <> 'federation'
    and (${o}.kind <> 'practice' or ${o}.list_size is null or ${o}.list_size >= ${sql.raw(String(MIN_LIST_SIZE))})
    and not exists (select 1 from pressure_states p where p.organisation_code = ${o}.code and p.level >= 3 and p.expires_at > (select app_now()))
    and not exists (select 1 from practice_pauses b where b.organisation_code = ${o}.code
                    and (b.expires_at is null or b.expires_at > (select app_now()))))`;
};

const membership = z.object({ groupCode: z.string(), isSigned: z.boolean() });
export type Membership = z.output<typeof membership>;

/** The sharing group of an organisation, signed or not; undefined if it has none. */
export const membershipOf = async (q: Queryable, code: string): Promise<Membership | undefined> => {
  const [found] = await rows(
    q,
    membership,
    sql`select m.group_code as "groupCode", ${isSignedSql("m")} as "isSigned"
        from sharing_memberships m where m.organisation_code = ${code}`,
  );
  return found;
};

export const codeRow = z.object({ code: z.string() });

/** SQL: the federation organisations of a sharing group: their event logs carry the board's events. */
export const brokersIn = (groupCode: string | SQL): SQL =>
  sql`select o.code from sharing_memberships m join organisations o on o.code = m.organisation_code
      where m.group_code = ${groupCode} and o.kind = 'federation' order by o.code`;

export const brokerStreams = async (q: Queryable, groupCode: string): Promise<string[]> =>
  (await rows(q, codeRow, brokersIn(groupCode))).map(({ code }) => code);

const brokersKey = (groupCode: string): string => `brokers of ${groupCode}`;

/** The same within a transaction, looked up once. */
export const brokersOf = async (tx: Tx, groupCode: string): Promise<string[]> =>
  tx.once(brokersKey(groupCode), async () => brokerStreams(tx.q, groupCode));

/** For a transaction whose caller has read them just now: it need not look them up. */
export const knowBrokers = (tx: Tx, groupCode: string, codes: string[]): void =>
  void tx.once(brokersKey(groupCode), async () => codes);

/** Which of these codes belong to the sharing group, whatever they have signed. */
export const membersAmong = async (q: Queryable, groupCode: string, codes: readonly string[]): Promise<string[]> => {
  const found = await rows(
    q,
    codeRow,
    sql`select organisation_code as code from sharing_memberships
        where group_code = ${groupCode} and organisation_code = any(${sql.param([...codes])}::text[])
        order by organisation_code`,
  );
  return found.map(({ code }) => code);
};
