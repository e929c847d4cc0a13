import { and, eq, isNull, sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable, type Tx } from "../../platform/db/database.ts";
import { newId, newSecret, sha256 } from "../../platform/ids/ids.ts";
import { apiTokens } from "./identity.table.ts";

/** A token, shown once: the table keeps its hash. */
export interface IssuedToken {
  readonly id: string;
  readonly name: string;
  readonly token: string;
}

/** Issues a token that acts for the organisation with whatever roles the user has there when it is used. */
export const issueToken = async (
  tx: Tx,
  input: { readonly userId: string; readonly organisationCode: string; readonly name: string },
): Promise<IssuedToken> => {
  // The prefix lets secret scanners and people recognise what they have found.
  const token = `cs_${newSecret()}`;
  const id = newId();
  await tx.q.insert(apiTokens).values({ id, tokenHash: sha256(token), ...input, createdAt: sql`app_now()` });
  return { id, name: input.name, token };
};

const item = z.object({
  id: z.string(),
  name: z.string(),
  organisation: z.string(),
  createdAt: z.coerce.date(),
  lastUsedAt: z.coerce.date().nullable(),
});

/** The user's tokens that still work, oldest first. */
export const readTokens = async (q: Queryable, userId: string): Promise<z.output<typeof item>[]> =>
  rows(
    q,
    item,
    sql`select id, name, organisation_code as organisation, created_at as "createdAt", last_used_at as "lastUsedAt"
        from api_tokens where user_id = ${userId} and revoked_at is null order by id`,
  );

/** False where the user has no such token. */
export const revokeToken = async (tx: Tx, userId: string, id: string): Promise<boolean> => {
  const { rowCount } = await tx.q
    .update(apiTokens)
    .set({ revokedAt: sql`app_now()` })
    .where(and(eq(apiTokens.id, id), eq(apiTokens.userId, userId), isNull(apiTokens.revokedAt)));
  return rowCount === 1;
};

/** After the last role at an organisation was taken away: a role given back later does not revive old tokens. */
export const revokeTokensAt = async (tx: Tx, userId: string, organisationCode: string): Promise<void> => {
  await tx.q
    .update(apiTokens)
    .set({ revokedAt: sql`app_now()` })
    .where(
      and(eq(apiTokens.userId, userId), eq(apiTokens.organisationCode, organisationCode), isNull(apiTokens.revokedAt)),
    );
};
