import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { readMigrationFiles } from "drizzle-orm/migrator";
import type pg from "pg";
import { z } from "zod";
import { migrate, migrationsFolder } from "../db/migrate.ts";
import { quoted, read, tablesInOrder, withClient } from "./catalogue.ts";
import { BackupRefused, readBackup, type BackupFacts } from "./file.ts";

const journalSchema = z.looseObject({ entries: z.array(z.looseObject({ when: z.number() })) });

/** Brings an empty database to the schema that the backup was taken from. */
const migrateTo = async (url: string, schema: number): Promise<void> => {
  const folder = await mkdtemp(path.join(tmpdir(), "covershare-restore-"));
  try {
    await cp(migrationsFolder, folder, { recursive: true });
    const file = path.join(folder, "meta/_journal.json");
    const journal = journalSchema.parse(JSON.parse(await readFile(file, "utf8")));
    const entries = journal.entries.filter(({ when }) => when <= schema);
    await writeFile(file, JSON.stringify({ ...journal, entries }));
    await migrate(url, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const othersAt = async (client: pg.Client): Promise<number> =>
  (
    await read(
      client,
      z.object({ n: z.coerce.number() }),
      `select count(*) as n from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
    )
  )[0]?.n ?? 0;

/** Whether anything lies in the database that a restore would replace. */
const isInUse = async (client: pg.Client): Promise<boolean> => {
  const [found] = await read(
    client,
    z.object({ there: z.boolean() }),
    "select to_regclass('organisations') is not null as there",
  );
  if (found?.there !== true) return false;
  return ((await client.query("select 1 from organisations limit 1")).rowCount ?? 0) > 0;
};

const fill = async (client: pg.Client, table: string, rows: readonly string[]): Promise<void> => {
  await client.query(
    `insert into ${quoted(table)} overriding system value
     select (v).* from (select r::${quoted(table)} as v from unnest($1::text[]) r offset 0) s`,
    [rows],
  );
};

/** Sequences go on after the greatest number given. */
const moveSequences = async (client: pg.Client): Promise<void> => {
  const owned = await read(
    client,
    z.object({ sequence: z.string(), table: z.string(), column: z.string() }),
    `select s.oid::regclass::text as sequence, t.relname as "table", a.attname as "column"
     from pg_class s join pg_depend d on d.objid = s.oid and d.deptype in ('a', 'i')
     join pg_class t on t.oid = d.refobjid join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
     where s.relkind = 'S' and s.relnamespace = 'public'::regnamespace`,
  );
  for (const { sequence, table, column } of owned) {
    await client.query(
      `select setval($1::regclass, coalesce((select max(${quoted(column)}) from ${quoted(table)}), 0) + 1, false)`,
      [sequence],
    );
  }
};

/**
 * Replaces what is in the database by the backup. The file is read through first: a damaged one changes nothing. Nobody may
 * be connected meanwhile, and what comes after (see features/operations) is the caller's.
 */
export const restoreBackup = async (
  url: string,
  file: string,
  { replaces }: { readonly replaces: boolean },
): Promise<BackupFacts> => {
  const newest = Math.max(...readMigrationFiles({ migrationsFolder }).map(({ folderMillis }) => folderMillis));
  let schema = 0;
  await readBackup(file, {
    head: async (head) => {
      schema = head.schema;
      if (schema > newest)
        throw new BackupRefused("The backup comes from a later version of Covershare: use that one.");
    },
    rows: async () => undefined,
  });
  await withClient(url, async (client) => {
    if (!replaces && (await isInUse(client))) {
      throw new BackupRefused("The database holds organisations already. Use --replace to throw all of it away first.");
    }
    const others = await othersAt(client);
    if (others > 0) throw new BackupRefused(`Stop Covershare first: ${others} connections use the database.`);
    await client.query("drop schema if exists public, drizzle, bullmq cascade; create schema public");
  });
  await migrateTo(url, schema);
  const facts = await withClient(url, async (client) => {
    await client.query("begin");
    await client.query("set local statement_timeout = 0");
    const tables = await tablesInOrder(client);
    for (const table of tables) await client.query(`alter table ${quoted(table)} disable trigger user`);
    for (const table of tables.toReversed()) await client.query(`delete from ${quoted(table)}`);
    const done = await readBackup(file, {
      head: async () => undefined,
      rows: async (table, rows) => {
        if (!tables.includes(table)) throw new BackupRefused(`${file} is damaged.`);
        await fill(client, table, rows);
      },
    });
    for (const table of tables) await client.query(`alter table ${quoted(table)} enable trigger user`);
    await moveSequences(client);
    await client.query("commit");
    await client.query("analyze");
    return done;
  });
  await migrate(url);
  return facts;
};
