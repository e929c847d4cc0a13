import { fileURLToPath } from "node:url";
import { sql } from "drizzle-orm";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate as runMigrations } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";
import { z } from "zod";
import { rows, type Queryable } from "./database.ts";
import { sqlState } from "./sql-errors.ts";

/** `migrations/` of the package: the same from src (tests) and from dist. */
export const migrationsFolder = fileURLToPath(new URL("../../../migrations", import.meta.url));

const LOCK = "covershare migrate";

/**
 * Brings the database to the current schema. Two processes that migrate at once do not collide: the second waits for the
 * advisory lock and then finds nothing left to do. Each migration is a transaction.
 */
export const migrate = async (url: string, folder: string = migrationsFolder): Promise<void> => {
  const client = new pg.Client({ connectionString: url, application_name: "covershare migrate" });
  await client.connect();
  try {
    await client.query("select pg_advisory_lock(hashtextextended($1, 0))", [LOCK]);
    await runMigrations(drizzle(client), { migrationsFolder: folder });
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
