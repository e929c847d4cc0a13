import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { createDatabase, createPool, noHooks, rows } from "../../../src/platform/db/database.ts";
import { openTestDatabase, type TestDatabase } from "../../support/index.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(async () => db.close());

const kept = z.object({ generic: z.coerce.number(), custom: z.coerce.number() });

/** How often the statement that is asked for six times was planned for any parameters, and for its own. */
const plansMade = async (keepsPlans: boolean) => {
  const pool = createPool({
    url: db.url,
    max: 1,
    statementTimeoutMs: 5_000,
    applicationName: "kept plans",
    keepsPlans,
    onError: () => undefined,
  });
  const { q } = createDatabase(pool, noHooks);
  // Prepared from the fourth time on.
  for (let at = 0; at < 9; at += 1)
    await q.execute(sql`select code from services where code = ${`code ${at}`} and name is not null and is_active`);
  const found = await rows(
    q,
    kept,
    sql`select generic_plans as generic, custom_plans as custom from pg_prepared_statements where statement like '%is_active'`,
  );
  await pool.end();
  return found;
};

it("plans a statement once a connection where a pool keeps plans, and as PostgreSQL thinks best elsewhere", async () => {
  expect(await plansMade(true)).toEqual([{ generic: 6, custom: 0 }]);
  expect((await plansMade(false))[0]?.custom).toBeGreaterThan(0);
});
