import { eq, sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Queryable } from "../../platform/db/database.ts";
import { signInFailures, users } from "./identity.table.ts";
import { FORGET_AFTER_HOURS, FREE_TRIES, LONGEST_WAIT } from "./identity.rules.ts";

/** The wait after the tries of a row: `waitAfter` of the rules, in SQL, so that looking and counting are one step. */
const waitOf = sql`case when f.failures < ${FREE_TRIES} then 0
  else least(${LONGEST_WAIT}::float8, power(2, least(f.failures - ${FREE_TRIES} + 1, 20))) end`;

/**
 * Counts a try before its password is looked at: of many at once from one pair, the row lets only the free ones through.
 * @returns 0 where the try may go on, otherwise the seconds to wait.
 */
export const takeTry = async (q: Queryable, bucket: string): Promise<number> => {
  const taken = await q.execute(sql`
    insert into sign_in_failures as f (bucket, failures, last_at) values (${bucket}, 1, app_now())
    on conflict (bucket) do update set last_at = app_now(),
      failures = case when f.last_at < app_now() - ${FORGET_AFTER_HOURS} * interval '1 hour' then 1 else f.failures + 1 end
    where f.last_at + ${waitOf} * interval '1 second' <= app_now()
    returning 1`);
  if (taken.rowCount !== 0) return 0;
  const [left] = await rows(
    q,
    z.object({ seconds: z.coerce.number() }),
    sql`select extract(epoch from f.last_at + ${waitOf} * interval '1 second' - app_now()) as seconds
        from sign_in_failures f where f.bucket = ${bucket}`,
  );
  return Math.max(1, Math.ceil(left?.seconds ?? 1));
};

export const forgetTries = async (q: Queryable, bucket: string): Promise<void> => {
  await q.delete(signInFailures).where(eq(signInFailures.bucket, bucket));
};

export interface Account {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly passwordHash: string | null;
  readonly deactivatedAt: Date | null;
}

export const findAccount = async (q: Queryable, email: string): Promise<Account | undefined> => {
  const [account] = await q.select().from(users).where(eq(users.email, email));
  return account;
};

export const readAccount = async (q: Queryable, userId: string): Promise<Account | undefined> => {
  const [account] = await q.select().from(users).where(eq(users.id, userId));
  return account;
};
