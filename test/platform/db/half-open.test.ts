import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openProxy, type Proxy } from "../../chaos/rig/proxy.ts";
import { createDatabase, createPool, noHooks } from "../../../src/platform/db/database.ts";
import { toProblem } from "../../../src/platform/http/problem.ts";
import { openTestDatabase, until, type TestDatabase } from "../../support/index.ts";

let db: TestDatabase;
let proxy: Proxy;

beforeAll(async () => {
  db = await openTestDatabase();
  const { port } = new URL(db.url);
  proxy = await openProxy(() => [Number(port)]);
});
afterAll(async () => {
  await proxy.close();
  await db.close();
});

it("gives up connections that are dead without a word, says to try again, and works once the line is back", async () => {
  const url = new URL(db.url);
  url.hostname = "127.0.0.1";
  url.port = String(proxy.port);
  const pool = createPool({
    url: url.href,
    max: 2,
    statementTimeoutMs: 500,
    applicationName: "half-open",
    onError: () => undefined,
  });
  try {
    const database = createDatabase(pool, noHooks);
    const ask = async (): Promise<unknown> => database.transact(async (tx) => tx.q.execute(sql`select 1`));
    await Promise.all([ask(), ask()]);
    proxy.freeze();
    const statusOf = async (asking: Promise<unknown>): Promise<number> =>
      asking.then(
        () => 200,
        (error: unknown) => toProblem(error).status,
      );
    expect(await Promise.all([ask(), ask(), database.q.execute(sql`select 1`)].map(statusOf))).toEqual([503, 503, 503]);
    proxy.thaw();
    await until(
      async () =>
        ask().then(
          () => true,
          () => false,
        ),
      { withinMs: 15_000, what: "the line is back" },
    );
  } finally {
    await pool.end();
  }
}, 30_000);
