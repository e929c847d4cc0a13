import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { z } from "zod";
import { systemCode } from "../errors/system-code.ts";

/*
 * A backup that needs no program besides Node: the embedded PostgreSQL comes without pg_dump. One gzipped file of lines,
 * read as of one moment; each row in PostgreSQL's own text of a row, which reads back exactly. It is restored into the
 * schema it was taken from, which is then brought up to date. The queue is left out: it is disposable.
 */

export const headSchema = z.strictObject({
  covershare: z.literal("backup 1"),
  /** Of the newest migration, as drizzle numbers them. */
  schema: z.number(),
  takenAt: z.iso.datetime(),
});
const tableSchema = z.strictObject({ table: z.string().regex(/^[a-z_0-9]+$/) });
const endSchema = z.strictObject({ end: z.literal(true), rows: z.number() });
const lineSchema = z.union([z.string(), tableSchema, endSchema]);

export interface BackupFacts {
  readonly takenAt: string;
  readonly tables: number;
  readonly rows: number;
}

/** The file is none of ours, is cut short, or comes from a later version; or the database is in use. Says which in words. */
export class BackupRefused extends Error {
  override readonly name = "BackupRefused";
}

/** Rows that are in memory at once. */
export const AT_ONCE = 1_000;

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

const linesOf = async function* (file: string): AsyncGenerator<string> {
  const source = createReadStream(file);
  const unpacked = createGunzip().setEncoding("utf8");
  source.on("error", (error) => unpacked.destroy(error));
  source.pipe(unpacked);
  let rest = "";
  for await (const chunk of unpacked) {
    const lines = (rest + String(chunk)).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
};

export interface Visitor {
  readonly head: (head: z.output<typeof headSchema>) => Promise<void>;
  readonly rows: (table: string, rows: readonly string[]) => Promise<void>;
}

const visitAll = async (file: string, visit: Visitor): Promise<BackupFacts> => {
  const state = { takenAt: "", table: "", tables: 0, rows: 0, isWhole: false };
  let waiting: string[] = [];
  const flush = async (): Promise<void> => {
    if (waiting.length > 0) await visit.rows(state.table, waiting);
    waiting = [];
  };
  for await (const text of linesOf(file)) {
    if (state.takenAt === "") {
      const head = headSchema.safeParse(parse(text));
      if (!head.success) throw new BackupRefused(`${file} is no backup of Covershare, or one of a later version.`);
      state.takenAt = head.data.takenAt;
      await visit.head(head.data);
      continue;
    }
    const line = lineSchema.safeParse(parse(text));
    if (!line.success || state.isWhole) throw new BackupRefused(`${file} is damaged.`);
    if (typeof line.data === "string") {
      waiting.push(line.data);
      state.rows += 1;
      if (waiting.length >= AT_ONCE) await flush();
    } else {
      await flush();
      if ("table" in line.data) {
        state.table = line.data.table;
        state.tables += 1;
      } else state.isWhole = line.data.rows === state.rows;
    }
  }
  if (!state.isWhole) throw new BackupRefused(`${file} is cut short or damaged.`);
  return { takenAt: state.takenAt, tables: state.tables, rows: state.rows };
};

/** Goes through the file, head first. Whatever is wrong with it is one refusal. */
export const readBackup = async (file: string, visit: Visitor): Promise<BackupFacts> => {
  try {
    return await visitAll(file, visit);
  } catch (error) {
    const code = systemCode(error) ?? "";
    if (code === "ENOENT" || code === "EACCES")
      throw new BackupRefused(`${file} cannot be read (${code}).`, { cause: error });
    if (code.startsWith("Z_"))
      throw new BackupRefused(`${file} is cut short or damaged, or no backup of Covershare.`, { cause: error });
    throw error;
  }
};
