import { and, eq, isNull, ne, sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable, type Tx } from "../../platform/db/database.ts";
import { newSecret, sha256 } from "../../platform/ids/ids.ts";
import { role } from "./identity.schema.ts";
import { sessions } from "./identity.table.ts";
import { sessionHours } from "./session-cookie.rules.ts";

const membership = z.object({ code: z.string(), name: z.string(), kind: z.string(), roles: z.array(role) });
export type Membership = z.output<typeof membership>;

/** The organisations of a user that are not closed, with the roles there, by code. */
export const readMemberships = async (q: Queryable, userId: string): Promise<Membership[]> =>
  rows(
    q,
    membership,
    sql`select o.code, o.name, o.kind, array_agg(r.role order by r.role) as roles
        from user_roles r join organisations o on o.code = r.organisation_code
        where r.user_id = ${userId} and o.status <> 'CLOSED' group by o.code order by o.code`,
  );

/** Where the user last acted for, whatever became of that session. */
export const lastActedFor = async (q: Queryable, userId: string): Promise<string | undefined> => {
  const [row] = await rows(
    q,
    z.object({ code: z.string() }),
    sql`select acting_for as code from sessions where user_id = ${userId} order by last_seen_at desc, id_hash limit 1`,
  );
  return row?.code;
};

/** A new session; its secret leaves here once, for the cookie. */
export interface OpenedSession {
  readonly id: string;
  readonly secret: string;
}

/** @param signedInAt of the session it replaces, so that changing organisation does not prolong the day. */
export const openSession = async (
  tx: Tx,
  input: { readonly userId: string; readonly actingFor: string; readonly signedInAt?: Date },
): Promise<OpenedSession> => {
  const secret = newSecret();
  const id = sha256(secret);
  await tx.q.insert(sessions).values({
    idHash: id,
    userId: input.userId,
    actingFor: input.actingFor,
    createdAt: input.signedInAt ?? sql`app_now()`,
    lastSeenAt: sql`app_now()`,
  });
  return { id, secret };
};

const end = { endedAt: sql`app_now()` };
const isOpen = isNull(sessions.endedAt);

/** Ends one session of the user. False where there is none, or it has ended. */
export const endSession = async (tx: Tx, userId: string, id: string): Promise<{ signedInAt: Date } | undefined> => {
  const [ended] = await tx.q
    .update(sessions)
    .set(end)
    .where(and(eq(sessions.idHash, id), eq(sessions.userId, userId), isOpen))
    .returning({ signedInAt: sessions.createdAt });
  return ended;
};

/** Ends every session of the user but one. Returns how many. */
export const endOtherSessions = async (tx: Tx, userId: string, keptId: string): Promise<number> => {
  const { rowCount } = await tx.q
    .update(sessions)
    .set(end)
    .where(and(eq(sessions.userId, userId), ne(sessions.idHash, keptId), isOpen));
  return rowCount ?? 0;
};

/** Ends what the user has open at one organisation: after the last role there was taken away. */
export const endAt = async (tx: Tx, userId: string, organisationCode: string): Promise<void> => {
  await tx.q
    .update(sessions)
    .set(end)
    .where(and(eq(sessions.userId, userId), eq(sessions.actingFor, organisationCode), isOpen));
};

const openItem = z.object({
  id: z.string(),
  actingFor: z.string(),
  createdAt: z.coerce.date(),
  lastSeenAt: z.coerce.date(),
});

/** The user's sessions that still sign somebody in, latest first. */
export const readSessions = async (q: Queryable, userId: string): Promise<z.output<typeof openItem>[]> =>
  rows(
    q,
    openItem,
    sql`select id_hash as id, acting_for as "actingFor", created_at as "createdAt", last_seen_at as "lastSeenAt"
        from sessions where user_id = ${userId} and ended_at is null
          and created_at > app_now() - ${sessionHours.absolute} * interval '1 hour'
          and last_seen_at > app_now() - ${sessionHours.idle} * interval '1 hour'
        order by last_seen_at desc, id_hash limit 100`,
  );

export const organisationExists = async (q: Queryable, code: string): Promise<boolean> =>
  (await q.execute(sql`select 1 from organisations where code = ${code}`)).rowCount === 1;
