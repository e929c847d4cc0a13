import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate as runMigrations } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";

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
