import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { sql } from "drizzle-orm";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate as runMigrations } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";
import { z } from "zod";
import { rows, type Queryable } from "./database.ts";
import { jitter } from "../ids/ids.ts";
import { sqlState } from "./sql-errors.ts";

/** `migrations/` of the package: the same from src (tests) and from dist. */
export const migrationsFolder = fileURLToPath(new URL("../../../migrations", import.meta.url));

const LOCK = "covershare migrate";

export interface MigrateOptions {
  /** How long a migration may stand in the queue for a table, and with it everybody who comes after it. */
  readonly lockTimeoutMs: number;
  /** How often it steps back and tries again. */
  readonly attempts: number;
}

const LOCK_NOT_AVAILABLE = "55P03";

/**
 * Brings the database to the current schema while the version before it serves. Two processes that migrate at once do not
 * collide: the second waits for the advisory lock and then finds nothing left to do. What is missing is one transaction: all
 * of it or nothing.
 *
 * A statement that wants a table for itself (ALTER TABLE, CREATE INDEX) waits behind whoever uses it, and everybody else
 * then waits behind that statement. So it waits two seconds at most, steps back altogether, lets the others pass and tries
 * again. What a migration may contain at all is in migrations/README.md.
 */
export const migrate = async (
  url: string,
  folder: string = migrationsFolder,
  { lockTimeoutMs, attempts }: MigrateOptions = { lockTimeoutMs: 2_000, attempts: 30 },
): Promise<void> => {
  const client = new pg.Client({ connectionString: url, application_name: "covershare migrate" });
  await client.connect();
  try {
    await client.query("select pg_advisory_lock(hashtextextended($1, 0))", [LOCK]);
    await client.query("select set_config('lock_timeout', $1, false)", [`${lockTimeoutMs}ms`]);
    for (let attempt = 1; ; attempt += 1) {
      try {
        await runMigrations(drizzle(client), { migrationsFolder: folder });
        return;
      } catch (error) {
        if (attempt >= attempts || sqlState(error)?.code !== LOCK_NOT_AVAILABLE) throw error;
        await delay(lockTimeoutMs * (0.5 + jitter()));
      }
    }
  } finally {
    await client.end();
  }
};

const UNDEFINED_TABLE = "42P01";
const UNDEFINED_SCHEMA = "3F000";

/** How many migrations of this version the database has not had yet. */
export const missingMigrations = async (q: Queryable): Promise<number> => {
  const known = readMigrationFiles({ migrationsFolder }).map((migration) => migration.folderMillis);
  try {
    const [row] = await rows(
      q,
      z.object({ last: z.coerce.number() }),
      sql`select coalesce(max(created_at), 0) as last from drizzle.__drizzle_migrations`,
    );
    return known.filter((at) => at > (row?.last ?? 0)).length;
  } catch (error) {
    if ([UNDEFINED_TABLE, UNDEFINED_SCHEMA].includes(sqlState(error)?.code ?? "")) return known.length;
    throw error;
  }
};
