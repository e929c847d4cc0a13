import { setTimeout as delay } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { rows } from "../../../src/platform/db/database.ts";
import { openTestDatabase, type TestDatabase } from "../../support/index.ts";

let db: TestDatabase;

beforeAll(async () => {
  db = await openTestDatabase({ poolMax: 1 });
  await db.q.execute(sql`create table notes (id int primary key)`);
});
afterAll(async () => db.close());

const notes = async (): Promise<number[]> =>
  (await rows(db.q, z.object({ id: z.number() }), sql`select id from notes order by id`)).map(({ id }) => id);

it("sends together what is asked for together, and keeps all of it or nothing", async () => {
  await db.database.transact(async (tx) => {
    await Promise.all([1, 2, 3].map(async (id) => tx.q.execute(sql`insert into notes values (${id})`)));
  });
  expect(await notes()).toEqual([1, 2, 3]);
  const failed = db.database.transact(async (tx) => {
    await Promise.all([4, 1, 5].map(async (id) => tx.q.execute(sql`insert into notes values (${id})`)));
  });
  // The first failure is what the caller hears of, not that the rest was refused because of it.
  await expect(failed).rejects.toMatchObject({ cause: { code: "23505" } });
  expect(await notes()).toEqual([1, 2, 3]);
});

it("does not report as done what failed while nobody waited for it", async () => {
  const careless = db.database.transact(async (tx) => {
    const forgotten = async (): Promise<unknown> => tx.q.execute(sql`insert into notes values (1)`);
    forgotten().catch(() => undefined);
    await delay(50);
  });
  await expect(careless).rejects.toThrow("A statement failed that nobody waited for.");
});

it("refuses what a branch still wants to write after the transaction has failed", async () => {
  let late: Promise<unknown> = Promise.resolve();
  const failing = db.database.transact(async (tx) => {
    const slow = async (): Promise<void> => {
      await delay(50);
      await tx.q.execute(sql`insert into notes values (9)`);
    };
    late = slow();
    late.catch(() => undefined);
    await tx.q.execute(sql`insert into notes values (1)`);
  });
  await expect(failing).rejects.toMatchObject({ cause: { code: "23505" } });
  await expect(late).rejects.toMatchObject({ cause: { message: "This transaction has ended." } });
  expect(await notes()).toEqual([1, 2, 3]);
});

it("reads as of one moment, and cannot write", async () => {
  const writing = db.database.readOnly(async (q) => q.execute(sql`insert into notes values (10)`));
  await expect(writing).rejects.toMatchObject({ cause: { code: "25006" } });
  expect(await notes()).toEqual([1, 2, 3]);
});

it("runs again what was sent on an assumption that does not hold, and keeps nothing of the first time", async () => {
  let times = 0;
  await db.database.transact(async (tx) => {
    times += 1;
    tx.write(sql`insert into notes values (${10 + times})`);
    tx.write(sql`select expect_as_read(${times > 1})`);
    // What is sent on a wrong assumption may well fail; that is not what went wrong.
    if (times === 1) tx.write(sql`insert into notes values (1)`);
  });
  expect(times).toBe(2);
  expect(await notes()).toEqual([1, 2, 3, 12]);
});

it("draws anew where what was drawn at random is taken, and only there", async () => {
  const draws = [3, 20];
  await db.database.transact(async (tx) => {
    tx.writeDrawn(sql`insert into notes values (${draws.shift() ?? 0})`, "notes_pkey");
  });
  expect(draws).toEqual([]);
  expect(await notes()).toEqual([1, 2, 3, 12, 20]);
  let times = 0;
  const other = db.database.transact(async (tx) => {
    times += 1;
    tx.writeDrawn(sql`insert into notes values (1)`, "some_other_key");
  });
  await expect(other).rejects.toMatchObject({ code: "23505" });
  expect(times).toBe(1);
});
