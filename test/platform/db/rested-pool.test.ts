import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { createPool } from "../../../src/platform/db/database.ts";
import { openTestDatabase, until, type TestDatabase } from "../../support/index.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(async () => {
  vi.useRealTimers();
  await db.close();
});

it("a pool that has rested keeps the connections that the next caller needs, and gives back the rest", async () => {
  const pool = createPool({
    url: db.url,
    max: 6,
    statementTimeoutMs: 5_000,
    applicationName: "test",
    onError: () => undefined,
  });
  const clients = await Promise.all(Array.from({ length: 6 }, async () => pool.connect()));
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  for (const client of clients) client.release();
  vi.advanceTimersByTime(31_000);
  vi.useRealTimers();
  await until(() => pool.totalCount <= 3);
  expect([pool.totalCount, pool.idleCount]).toEqual([3, 3]);
  await pool.end();
});
