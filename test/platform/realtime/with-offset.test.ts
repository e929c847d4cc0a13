import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { rows } from "../../../src/platform/db/database.ts";
import { withOffset } from "../../../src/platform/event-log/event-log.ts";
import { openTestDatabase, type TestDatabase } from "../../support/index.ts";

let db: TestDatabase;
beforeAll(async () => {
  db = await openTestDatabase();
});
afterAll(() => db.close());

it("S4: a snapshot and its offset agree, though events are written while it is read", async () => {
  const write = async (): Promise<void> =>
    db.database.transact(async (tx) => tx.emit({ stream: "A81001", type: "test.ping", data: {} }));
  await write();
  const { offset, value } = await withOffset(db.database, "A81001", async (q) => {
    await write();
    const [found] = await rows(q, z.object({ n: z.coerce.number() }), sql`select count(*) as n from events`);
    return found?.n;
  });
  expect([offset, value]).toEqual([1, 1]);
  const empty = await withOffset(db.database, "A81002", async () => "nothing");
  expect(empty).toEqual({ offset: 0, value: "nothing" });
});
