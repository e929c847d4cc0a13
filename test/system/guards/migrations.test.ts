import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { getTableColumns, getTableName, is, sql } from "drizzle-orm";
import { toSnakeCase } from "drizzle-orm/casing";
import { PgColumn, PgTable } from "drizzle-orm/pg-core";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { z } from "zod";
import { classifiedTables } from "../../../src/platform/db/columns.ts";
import { rows } from "../../../src/platform/db/database.ts";
import { migrate, migrationsFolder, missingMigrations } from "../../../src/platform/db/migrate.ts";
import { newSpeakable } from "../../../src/platform/ids/ids.ts";
import { openTestDatabase, type TestDatabase } from "../../support/index.ts";
import { exportsOf } from "../../support/modules.ts";
import { databaseUrl, runStatement } from "../../support/postgres-server.ts";

const journalSchema = z.looseObject({ entries: z.array(z.looseObject({ idx: z.number(), tag: z.string() })) });

const readJournal = async () =>
  journalSchema.parse(JSON.parse(await readFile(path.join(migrationsFolder, "meta/_journal.json"), "utf8")));

/** An empty database for as long as `work` runs. */
const withEmptyDatabase = async (work: (url: string) => Promise<void>): Promise<void> => {
  const name = `covershare_test_${newSpeakable(10).toLowerCase()}`;
  await runStatement(inject("postgresUrl"), `create database ${name}`);
  try {
    await work(databaseUrl(inject("postgresUrl"), name));
  } finally {
    await runStatement(inject("postgresUrl"), `drop database ${name} with (force)`);
  }
};

/** A copy of the migrations that ends after the first `count`. */
const withPrefix = async (count: number, work: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(path.join(tmpdir(), "covershare-prefix-"));
  try {
    await cp(migrationsFolder, folder, { recursive: true });
    const journal = await readJournal();
    await writeFile(
      path.join(folder, "meta/_journal.json"),
      JSON.stringify({ ...journal, entries: journal.entries.slice(0, count) }),
    );
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const columnRow = z.object({ table: z.string(), column: z.string(), type: z.string(), required: z.boolean() });

/** What serial types are in the catalogue, and one spelling for the rest. */
const normalType = (type: string): string =>
  type
    .replace("bigserial", "bigint")
    .replace("serial", "integer")
    .replace(/timestamp ?\((\d)\)/, "timestamp($1)");

/** drizzle-kit's types want drivers that are not installed. */
const kitSchema = z.object({
  generateDrizzleJson: z.custom<
    (tables: Record<string, PgTable>, id: undefined, schemas: undefined, casing: "snake_case") => unknown
  >((value) => typeof value === "function"),
  generateMigration: z.custom<(from: unknown, to: unknown) => Promise<string[]>>(
    (value) => typeof value === "function",
  ),
});

describe("migrations", () => {
  let db: TestDatabase;
  let tables: PgTable[];
  beforeAll(async () => {
    db = await openTestDatabase();
    tables = Object.values(await exportsOf(".table.ts")).filter((value) => is(value, PgTable));
  });
  afterAll(async () => db.close());

  it("apply from every earlier version", async () => {
    const { entries } = await readJournal();
    for (const [index] of entries.entries()) {
      await withEmptyDatabase(async (url) => {
        await withPrefix(index, async (folder) => migrate(url, folder));
        await migrate(url);
        const done = await runStatement(url, "select count(*)::int as n from drizzle.__drizzle_migrations");
        expect(done).toEqual([{ n: entries.length }]);
      });
    }
  });

  it("may be run by several processes at once", async () => {
    const { entries } = await readJournal();
    await withEmptyDatabase(async (url) => {
      await Promise.all([migrate(url), migrate(url), migrate(url)]);
      const done = await runStatement(url, "select count(*)::int as n from drizzle.__drizzle_migrations");
      expect(done).toEqual([{ n: entries.length }]);
    });
  });

  it("are known to be missing or complete", async () => {
    expect(await missingMigrations(db.q)).toBe(0);
    await db.q.execute(sql`update drizzle.__drizzle_migrations set created_at = 1`);
    expect(await missingMigrations(db.q)).toBe((await readJournal()).entries.length);
  });

  it("end at exactly the columns that the tables declare", async () => {
    const found = await rows(
      db.q,
      columnRow,
      sql`select c.relname as "table", a.attname as "column", format_type(a.atttypid, a.atttypmod) as type,
                 a.attnotnull as required
          from pg_attribute a join pg_class c on c.oid = a.attrelid
          where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped`,
    );
    const declared = tables.flatMap((table) =>
      Object.entries(getTableColumns(table)).map(([key, column]) => ({
        table: getTableName(table),
        column: toSnakeCase(key),
        type: normalType(is(column, PgColumn) ? column.getSQLType() : ""),
        required: column.notNull,
      })),
    );
    const lines = (all: z.output<typeof columnRow>[]): string[] =>
      all
        .map(({ table, column, type, required }) => `${table}.${column} ${normalType(type)}${required ? "" : "?"}`)
        .toSorted();
    expect(lines(found)).toEqual(lines(declared));
  });

  it("hold every index, constraint and key that the tables declare (nothing is left to generate)", async () => {
    const { generateDrizzleJson, generateMigration } = kitSchema.parse(await import("drizzle-kit/api"));
    const { entries } = await readJournal();
    const last = String(entries.at(-1)?.idx).padStart(4, "0");
    const snapshot: unknown = JSON.parse(
      await readFile(path.join(migrationsFolder, `meta/${last}_snapshot.json`), "utf8"),
    );
    const imports = Object.fromEntries(tables.map((table) => [getTableName(table), table]));
    const current = generateDrizzleJson(imports, undefined, undefined, "snake_case");
    expect(await generateMigration(snapshot, current)).toEqual([]);
  });

  it("P5: every table of the database declares the class of every column and how long its rows are kept", async () => {
    const found = await rows(
      db.q,
      z.object({ table: z.string(), columns: z.array(z.string()) }),
      sql`select table_name as "table", array_agg(column_name::text order by column_name) as columns
          from information_schema.columns where table_schema = 'public' group by table_name order by table_name`,
    );
    const declared = classifiedTables()
      .map(({ table, classes, retention }) => {
        expect(retention.from).not.toBe("");
        return { table: getTableName(table), columns: Object.keys(classes).map(toSnakeCase).toSorted() };
      })
      .toSorted((left, right) => left.table.localeCompare(right.table));
    expect(declared.map(({ table }) => table)).toEqual(found.map(({ table }) => table).toSorted());
    for (const { table, columns } of found) {
      expect({ table, columns: columns.toSorted() }).toEqual(declared.find((one) => one.table === table));
    }
  });
});
