import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { z } from "zod";
import { newId } from "../ids/ids.ts";
import { quoted, read, tablesInOrder, withClient } from "./catalogue.ts";
import { AT_ONCE, type BackupFacts } from "./file.ts";

/** Writes everything to `file`, as of one moment, while others work. The file appears whole or not at all. */
export const writeBackup = async (url: string, file: string): Promise<BackupFacts> =>
  withClient(url, async (client) => {
    await client.query("begin isolation level repeatable read read only");
    await client.query("set local statement_timeout = 0");
    const [head] = await read(
      client,
      z.object({ schema: z.coerce.number(), takenAt: z.string() }),
      `select max(created_at) as schema, to_char(now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as "takenAt"
       from drizzle.__drizzle_migrations`,
    );
    if (head === undefined) throw new Error("the database has had no migration");
    const tables = await tablesInOrder(client);
    let rows = 0;
    const lines = async function* (): AsyncGenerator<string> {
      yield `${JSON.stringify({ covershare: "backup 1", ...head })}\n`;
      for (const table of tables) {
        yield `${JSON.stringify({ table })}\n`;
        await client.query(`declare rows no scroll cursor for select t::text as row from ${quoted(table)} t`);
        for (;;) {
          const some = await read(client, z.object({ row: z.string() }), `fetch ${AT_ONCE} from rows`);
          rows += some.length;
          if (some.length > 0) yield some.map(({ row }) => `${JSON.stringify(row)}\n`).join("");
          if (some.length < AT_ONCE) break;
        }
        await client.query("close rows");
      }
      yield `${JSON.stringify({ end: true, rows })}\n`;
    };
    const draft = `${file}.${newId()}.part`;
    try {
      await pipeline(
        Readable.from(lines()),
        createGzip(),
        createWriteStream(draft, { mode: 0o600, flags: "wx", flush: true }),
      );
      await rename(draft, file);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    return { takenAt: head.takenAt, tables: tables.length, rows };
  });
