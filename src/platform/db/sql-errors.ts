import { DrizzleQueryError } from "drizzle-orm";
import { z } from "zod";

const pgError = z.object({ code: z.string().length(5), constraint: z.string().optional() });

/** SQLSTATE and constraint of a PostgreSQL error, found also under drizzle's wrapper; undefined for anything else. */
export const sqlState = (error: unknown): { code: string; constraint: string | undefined } | undefined => {
  for (let at = error, depth = 0; at instanceof Error && depth < 4; at = at.cause, depth += 1) {
    const parsed = pgError.safeParse(at);
    if (parsed.success) return { code: parsed.data.code, constraint: parsed.data.constraint };
  }
  return undefined;
};

/** True when the database refused a row because of this unique, exclusion or check constraint (decision 4). */
export const violates = (error: unknown, constraint: string): boolean => sqlState(error)?.constraint === constraint;

/** Raised by `expect_as_read`: what a unit of work had read, and counts on, no longer holds. */
const NOT_AS_READ = "CS001";

/** serialization_failure, deadlock_detected, lock_not_available, or not as read: the whole unit may be tried again. */
export const isRetryable = (error: unknown): boolean =>
  ["40001", "40P01", "55P03", NOT_AS_READ].includes(sqlState(error)?.code ?? "");

/** A statement drizzle failed on carries SQL and parameters in its text: neither may reach a log or a client. */
export const withoutSql = (error: unknown): Error => {
  const state = sqlState(error);
  if (state === undefined) {
    // Not only what the database said: a connection that could not be had is wrapped in the statement as well.
    if (error instanceof DrizzleQueryError) return withoutSql(error.cause ?? "a statement failed");
    return error instanceof Error ? error : new Error(String(error));
  }
  return new Error(`database error ${state.code}${state.constraint === undefined ? "" : ` (${state.constraint})`}`);
};
