import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { migrate, migrationsFolder } from "../../../src/platform/db/migrate.ts";
import { openTestDatabase, until, type TestDatabase } from "../../support/index.ts";

const journalSchema = z.looseObject({ entries: z.array(z.looseObject({ idx: z.number(), when: z.number() })) });

describe("migrating while the version before serves", () => {
  let db: TestDatabase;
  let folder: string;
  beforeAll(async () => {
    db = await openTestDatabase();
    folder = await mkdtemp(path.join(tmpdir(), "covershare-migrate-"));
    await cp(migrationsFolder, folder, { recursive: true });
    const file = path.join(folder, "meta/_journal.json");
    const journal = journalSchema.parse(JSON.parse(await readFile(file, "utf8")));
    const last = journal.entries.at(-1);
    const next = { ...last, idx: (last?.idx ?? 0) + 1, when: (last?.when ?? 0) + 1, tag: "9999_next" };
    await writeFile(file, JSON.stringify({ ...journal, entries: [...journal.entries, next] }));
    await writeFile(
      path.join(folder, "9999_next.sql"),
      `CREATE TABLE "before_it" ();--> statement-breakpoint\nALTER TABLE "offers" ADD COLUMN "next" text;`,
    );
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
    await db.close();
  });

  const tables = async (): Promise<unknown> =>
    (await db.pool.query<{ name: string | null }>("select to_regclass('before_it') as name")).rows[0]?.name;

  it(
    "waits for a busy table only so long, lets those pass who came after it, and finishes once it is free",
    { timeout: 30_000 },
    async () => {
      const reader = new pg.Client({ connectionString: db.url });
      await reader.connect();
      await reader.query("begin");
      await reader.query("select count(*) from offers");
      const migrating = migrate(db.url, folder, { lockTimeoutMs: 300, attempts: 50 });
      const waits = async (): Promise<boolean> =>
        (
          await db.pool.query(
            "select 1 from pg_stat_activity where application_name = 'covershare migrate' and wait_event_type = 'Lock'",
          )
        ).rowCount === 1;
      for (let round = 0; round < 3; round += 1) {
        await until(waits, { withinMs: 10_000, what: "the migration wants the table" });
        const beganMs = performance.now();
        await db.pool.query("select count(*) from offers");
        // Behind the migration's wish, and never longer than that is wished for.
        expect(performance.now() - beganMs).toBeLessThan(2_000);
        await until(async () => !(await waits()), { what: "it steps back" });
        // With everything it had done: no half-migrated schema meanwhile.
        expect(await tables()).toBeNull();
      }
      await reader.query("commit");
      await reader.end();
      await migrating;
      expect(await tables()).toBe("before_it");
    },
  );

  it("gives up with the reason after its attempts, and leaves nothing half done", { timeout: 30_000 }, async () => {
    await db.pool.query("drop table before_it; alter table offers drop column next");
    await db.pool.query(
      "delete from drizzle.__drizzle_migrations where id = (select max(id) from drizzle.__drizzle_migrations)",
    );
    const reader = new pg.Client({ connectionString: db.url });
    await reader.connect();
    await reader.query("begin");
    await reader.query("select count(*) from offers");
    await expect(migrate(db.url, folder, { lockTimeoutMs: 100, attempts: 2 })).rejects.toMatchObject({
      cause: { code: "55P03" },
    });
    await reader.end();
    expect(await tables()).toBeNull();
  });
});

describe("what migrations may contain", () => {
  /** What the version before may still use, or what makes everybody wait. */
  const contracts =
    /\b(?:DROP (?:TABLE|COLUMN|VIEW)|RENAME (?:TO|COLUMN)|SET NOT NULL|SET DATA TYPE|ALTER COLUMN "?\w+"? TYPE)\b/i;

  it("takes nothing away without saying why nobody uses it any more", async () => {
    const files = (await readdir(migrationsFolder)).filter((file) => file.endsWith(".sql"));
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) {
      const statements = (await readFile(path.join(migrationsFolder, file), "utf8")).split("--> statement-breakpoint");
      for (const statement of statements.filter((one) => contracts.test(one))) {
        expect(statement, file).toMatch(/^\s*-- contract: \S/m);
      }
    }
  });

  it("(the look-out itself sees what it should)", () => {
    for (const bad of [
      'ALTER TABLE "a" DROP COLUMN "b"',
      'ALTER TABLE "a" ALTER COLUMN "b" SET NOT NULL',
      'DROP TABLE "a"',
    ]) {
      expect(bad).toMatch(contracts);
    }
    expect('ALTER TABLE "a" ADD COLUMN "b" text').not.toMatch(contracts);
  });
});
