import { and, eq, isNull, sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable, type Tx } from "../../platform/db/database.ts";
import { newId, newSecret, sha256 } from "../../platform/ids/ids.ts";
import type { Role } from "../access/index.ts";
import { role } from "./identity.schema.ts";
import { invitations, userRoles, users } from "./identity.table.ts";

const colleague = z.object({ id: z.string(), name: z.string(), email: z.string(), roles: z.array(role) });
export type Colleague = z.output<typeof colleague>;

/** Everybody with a role at the organisation, by name. */
export const readColleagues = async (q: Queryable, organisationCode: string): Promise<Colleague[]> =>
  rows(
    q,
    colleague,
    sql`select u.id, u.name, u.email, array_agg(r.role order by r.role) as roles
        from user_roles r join users u on u.id = r.user_id
        where r.organisation_code = ${organisationCode} and u.deactivated_at is null
        group by u.id order by u.name, u.id limit 500`,
  );

const heldRole = z.object({ userId: z.string(), role });

/**
 * Every role held at the organisation, its rows locked: two managers who take each other's role away must not both find
 * another manager left.
 */
export const lockRoles = async (tx: Tx, organisationCode: string): Promise<z.output<typeof heldRole>[]> =>
  rows(
    tx.q,
    heldRole,
    sql`select user_id as "userId", role from user_roles where organisation_code = ${organisationCode}
        order by user_id, role for update`,
  );

export const insertUser = async (
  tx: Tx,
  user: { readonly email: string; readonly name: string; readonly passwordHash: string },
): Promise<string | undefined> => {
  const id = newId();
  const { rowCount } = await tx.q
    .insert(users)
    .values({ id, ...user, createdAt: sql`app_now()` })
    .onConflictDoNothing({ target: users.email });
  return rowCount === 1 ? id : undefined;
};

export const setPasswordHash = async (tx: Tx, userId: string, passwordHash: string): Promise<void> => {
  await tx.q.update(users).set({ passwordHash }).where(eq(users.id, userId));
};

export const addRoles = async (
  tx: Tx,
  userId: string,
  organisationCode: string,
  roles: readonly Role[],
): Promise<void> => {
  await tx.q
    .insert(userRoles)
    .values(roles.map((one) => ({ userId, organisationCode, role: one })))
    .onConflictDoNothing();
};

export const removeRole = async (tx: Tx, userId: string, organisationCode: string, taken: Role): Promise<void> => {
  await tx.q
    .delete(userRoles)
    .where(
      and(eq(userRoles.userId, userId), eq(userRoles.organisationCode, organisationCode), eq(userRoles.role, taken)),
    );
};

export interface InvitationInput {
  readonly email: string;
  readonly name: string;
  readonly organisationCode: string;
  readonly roles: readonly Role[];
}

const DAYS = 7;

/** A new invitation; one that is still open for the same address here is replaced, so that its old link ends. */
export const insertInvitation = async (
  tx: Tx,
  input: InvitationInput,
): Promise<{ readonly token: string; readonly tokenHash: string; readonly expiresAt: Date }> => {
  await tx.q
    .update(invitations)
    .set({ expiresAt: sql`app_now()` })
    .where(
      and(
        eq(invitations.organisationCode, input.organisationCode),
        eq(invitations.email, input.email),
        isNull(invitations.acceptedAt),
        sql`${invitations.expiresAt} > app_now()`,
      ),
    );
  const token = newSecret();
  const tokenHash = sha256(token);
  const [row] = await tx.q
    .insert(invitations)
    .values({
      ...input,
      roles: [...input.roles],
      tokenHash,
      createdAt: sql`app_now()`,
      expiresAt: sql`app_now() + ${DAYS} * interval '1 day'`,
    })
    .returning({ expiresAt: invitations.expiresAt });
  if (row === undefined) throw new Error("an insert without conflict clause returned no row");
  return { token, tokenHash, expiresAt: row.expiresAt };
};

const isOpen = and(isNull(invitations.acceptedAt), sql`${invitations.expiresAt} > app_now()`);
export type Invitation = typeof invitations.$inferSelect;

export const findInvitation = async (q: Queryable, token: string): Promise<Invitation | undefined> => {
  const [found] = await q
    .select()
    .from(invitations)
    .where(and(eq(invitations.tokenHash, sha256(token)), isOpen));
  return found;
};

/** Uses the invitation up. False where somebody was faster. */
export const useInvitation = async (tx: Tx, tokenHash: string): Promise<boolean> => {
  const { rowCount } = await tx.q
    .update(invitations)
    .set({ acceptedAt: sql`app_now()` })
    .where(and(eq(invitations.tokenHash, tokenHash), isOpen));
  return rowCount === 1;
};

export const readInvitations = async (q: Queryable, organisationCode: string): Promise<Invitation[]> =>
  q
    .select()
    .from(invitations)
    .where(and(eq(invitations.organisationCode, organisationCode), isOpen))
    .orderBy(invitations.createdAt, invitations.tokenHash)
    .limit(500);
