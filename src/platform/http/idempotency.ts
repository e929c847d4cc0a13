import { and, eq, sql } from "drizzle-orm";
import type { Database, Tx } from "../db/database.ts";
import { DomainError } from "../errors/domain-error.ts";
import { sha256 } from "../ids/ids.ts";
import { idempotencyKeys } from "./idempotency.table.ts";

/** A keyed command: whose key, the key, and what was asked. */
export interface Keyed {
  readonly scope: string;
  readonly key: string;
  readonly fingerprint: string;
}

export interface StoredAnswer {
  readonly status: number;
  readonly body: unknown;
}

export const fingerprint = (method: string, path: string, body: unknown): string =>
  sha256(`${method} ${path}\n${JSON.stringify(body ?? null)}`);

const PENDING = 0;
/** JSON's null: SQL's own is refused by the column, and would say that there is no answer. */
const NOTHING = sql`'null'::jsonb`;

const reused = (): DomainError =>
  new DomainError(
    "invalid",
    "idempotency-key-reused",
    "This Idempotency-Key was used before with another command or body.",
  );

/**
 * Runs a command at most once for its key (O6). The key's row is inserted first, in the command's own transaction: a
 * second call with the same key waits on the unique index until the first has committed, and then reads its answer. If
 * the first rolled back, the second simply runs.
 */
export const runOnce = async (
  tx: Tx,
  keyed: Keyed,
  work: () => Promise<StoredAnswer>,
): Promise<StoredAnswer & { readonly isRepeat: boolean }> => {
  const { scope, key } = keyed;
  const inserted = await tx.q
    .insert(idempotencyKeys)
    .values({ ...keyed, status: PENDING, body: NOTHING, createdAt: sql`app_now()` })
    .onConflictDoNothing();
  const mine = and(eq(idempotencyKeys.scope, scope), eq(idempotencyKeys.key, key));
  if (inserted.rowCount === 0) {
    const [stored] = await tx.q.select().from(idempotencyKeys).where(mine);
    if (stored === undefined || stored.fingerprint !== keyed.fingerprint) throw reused();
    return { status: stored.status, body: stored.body, isRepeat: true };
  }
  const answer = await work();
  await tx.q
    .update(idempotencyKeys)
    .set({ status: answer.status, body: answer.body ?? NOTHING })
    .where(mine);
  return { ...answer, isRepeat: false };
};

/**
 * Keeps the refusal of a keyed command, whose transaction was rolled back, so that a repeat is refused the same way. Where
 * a repeat that ran at the same time was answered first, that answer holds, and is returned.
 */
export const rememberRefusal = async (
  database: Database,
  keyed: Keyed,
  answer: StoredAnswer,
): Promise<StoredAnswer | undefined> => {
  const { scope, key, fingerprint: print } = keyed;
  const { rowCount } = await database.q
    .insert(idempotencyKeys)
    .values({ ...keyed, status: answer.status, body: answer.body, createdAt: sql`app_now()` })
    .onConflictDoNothing();
  if (rowCount !== 0) return undefined;
  const [earlier] = await database.q
    .select({ status: idempotencyKeys.status, body: idempotencyKeys.body })
    .from(idempotencyKeys)
    .where(and(eq(idempotencyKeys.scope, scope), eq(idempotencyKeys.key, key), eq(idempotencyKeys.fingerprint, print)));
  return earlier;
};
