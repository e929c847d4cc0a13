import { and, eq, gt, inArray, isNull, sql, type SQL } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";
import { identified, rows, type Queryable } from "../../platform/db/database.ts";
import type { Actor, Role } from "../access/index.ts";
import { apiTokens, sessions, userRoles, users } from "./identity.table.ts";
import { sessionHours } from "./session-cookie.rules.ts";

/*
 * From a credential to an actor: on the path of every request, so it is one indexed statement, planned once for each
 * connection (a named prepared statement), and it writes nothing.
 */

type Credential = Actor["credential"];

/** An actor, and whether the time of last use is due to be written. */
export interface Found {
  readonly actor: Actor;
  readonly isTouchDue: boolean;
}

const HOUR = "1 hour";
const isLive = (): SQL | undefined =>
  and(
    isNull(sessions.endedAt),
    gt(sessions.createdAt, sql`app_now() - ${sessionHours.absolute} * ${HOUR}::interval`),
    gt(sessions.lastSeenAt, sql`app_now() - ${sessionHours.idle} * ${HOUR}::interval`),
  );

/** `o` still works: roles at a practice that was closed give nothing, and give it back should it open again. */
const isOpenSql = sql`o.status <> 'CLOSED'`;

const rolesAt = (user: AnyPgColumn, organisation: AnyPgColumn): SQL<Role[]> =>
  sql<
    Role[]
  >`array(select r.role from ${userRoles} r join organisations o on o.code = r.organisation_code and ${isOpenSql}
          where r.user_id = ${user} and r.organisation_code = ${organisation} order by r.role)`;

const groupOf = (organisation: AnyPgColumn): SQL<string | null> =>
  sql<string | null>`(select m.group_code from sharing_memberships m where m.organisation_code = ${organisation})`;

const isOld = (at: AnyPgColumn): SQL<boolean> => sql<boolean>`coalesce(${at} < app_now() - interval '1 minute', true)`;

/**
 * SQL: the organisation that a credential stored by this hash acts for, good or not: for reading ahead of knowing that. It is
 * null where there is none.
 */
export const organisationOf = (hash: SQL): SQL =>
  sql`coalesce((select organisation_code from api_tokens where token_hash = ${hash}),
               (select acting_for from sessions where id_hash = ${hash}))`;

/** Prepares both look-ups on a pool. Undefined: unknown, ended, expired, deactivated, without any role there, or of a practice that is closed. */
export const prepareCredentials = (q: Queryable) => {
  const bySession = q
    .select({
      userId: users.id,
      name: users.name,
      organisationCode: sessions.actingFor,
      id: sessions.idHash,
      roles: rolesAt(users.id, sessions.actingFor),
      groupCode: groupOf(sessions.actingFor),
      isTouchDue: isOld(sessions.lastSeenAt),
    })
    .from(sessions)
    .innerJoin(users, and(eq(users.id, sessions.userId), isNull(users.deactivatedAt)))
    .where(and(eq(sessions.idHash, sql.placeholder("hash")), isLive()))
    .prepare("covershare_session_actor");
  const byToken = q
    .select({
      userId: users.id,
      name: users.name,
      organisationCode: apiTokens.organisationCode,
      id: apiTokens.id,
      roles: rolesAt(users.id, apiTokens.organisationCode),
      groupCode: groupOf(apiTokens.organisationCode),
      isTouchDue: isOld(apiTokens.lastUsedAt),
    })
    .from(apiTokens)
    .innerJoin(users, and(eq(users.id, apiTokens.userId), isNull(users.deactivatedAt)))
    .where(and(eq(apiTokens.tokenHash, sql.placeholder("hash")), isNull(apiTokens.revokedAt)))
    .prepare("covershare_token_actor");

  return {
    find: async (kind: Credential["kind"], hash: string): Promise<Found | undefined> => {
      const [row] = await (kind === "session" ? bySession : byToken).execute({ hash });
      if (row === undefined || row.roles.length === 0) return undefined;
      const { id, isTouchDue, ...rest } = row;
      return { actor: { ...rest, credential: { kind, id } }, isTouchDue };
    },
  };
};

/**
 * Writes that these credentials were used. At most once a minute for each, whoever else writes it too: rows that another
 * process is writing just now are left to it, so that two never wait for each other.
 */
export const touchCredentials = async (q: Queryable, credentials: readonly Credential[]): Promise<void> => {
  const ids = (kind: Credential["kind"]): string[] =>
    credentials.filter((one) => one.kind === kind).map(({ id }) => id);
  const [sessionIds, tokenIds] = [ids("session"), ids("token")];
  if (sessionIds.length > 0) {
    const due = q
      .select({ idHash: sessions.idHash })
      .from(sessions)
      .where(and(inArray(sessions.idHash, sessionIds), isOld(sessions.lastSeenAt)))
      .for("update", { skipLocked: true });
    await q
      .update(sessions)
      .set({ lastSeenAt: sql`app_now()` })
      .where(inArray(sessions.idHash, due));
  }
  if (tokenIds.length > 0) {
    const due = q
      .select({ id: apiTokens.id })
      .from(apiTokens)
      .where(and(inArray(apiTokens.id, tokenIds), isOld(apiTokens.lastUsedAt)))
      .for("update", { skipLocked: true });
    await q
      .update(apiTokens)
      .set({ lastUsedAt: sql`app_now()` })
      .where(inArray(apiTokens.id, due));
  }
};

/**
 * Which of these credentials vouch for nobody any more: for streams, which end within five seconds of that (S2). One
 * statement for all of them, however many sockets there are.
 */
export const endedCredentials = async (q: Queryable, credentials: readonly Credential[]): Promise<Set<string>> => {
  if (credentials.length === 0) return new Set();
  const ids = (kind: Credential["kind"]): SQL =>
    sql`${sql.param(credentials.filter((one) => one.kind === kind).map((one) => one.id))}::text[]`;
  const live = await rows(
    q,
    identified,
    sql`
      select s.id_hash as id from sessions s join users u on u.id = s.user_id
      where s.id_hash = any(${ids("session")}) and s.ended_at is null and u.deactivated_at is null
        and s.created_at > app_now() - ${sessionHours.absolute} * ${HOUR}::interval
        and s.last_seen_at > app_now() - ${sessionHours.idle} * ${HOUR}::interval
        and exists (select 1 from user_roles r join organisations o on o.code = r.organisation_code and ${isOpenSql}
                    where r.user_id = s.user_id and r.organisation_code = s.acting_for)
      union all
      select t.id::text from api_tokens t join users u on u.id = t.user_id
      where t.id = any(${ids("token")}::uuid[]) and t.revoked_at is null and u.deactivated_at is null
        and exists (select 1 from user_roles r join organisations o on o.code = r.organisation_code and ${isOpenSql}
                    where r.user_id = t.user_id and r.organisation_code = t.organisation_code)`,
  );
  const alive = new Set(live.map((row) => row.id));
  return new Set(credentials.map((one) => one.id).filter((id) => !alive.has(id)));
};
