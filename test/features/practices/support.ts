import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { z } from "zod";
import { sql } from "drizzle-orm";
import { importPracticesCommand, type ImportPracticesOptions } from "../../../src/app/commands/import-practices.ts";
import type { ImportSummary } from "../../../src/features/practices/index.ts";
import { rows } from "../../../src/platform/db/database.ts";
import type { TestDatabase } from "../../support/index.ts";

/** One line of a practices file, by column; what a test is not about has a default. */
export type Line = Partial<Record<(typeof COLUMNS)[number], string>>;

const COLUMNS = [
  "ods_code",
  "name",
  "address",
  "postcode",
  "status",
  "lat",
  "lon",
  "pcn_code",
  "pcn_name",
  "sub_icb_code",
  "icb_code",
  "icb_name",
  "list_size",
] as const;

const DEFAULTS: Record<(typeof COLUMNS)[number], string> = {
  ods_code: "A81001",
  name: "The Surgery",
  address: "1 High Street, Stockton",
  postcode: "TS18 1HU",
  status: "ACTIVE",
  lat: "54.56162",
  lon: "-1.31899",
  pcn_code: "U1",
  pcn_name: "One PCN",
  sub_icb_code: "G1",
  icb_code: "QHM",
  icb_name: "North",
  list_size: "8000",
};

const quoted = (value: string): string => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

export const practicesCsv = (...lines: readonly Line[]): string =>
  [
    COLUMNS.join(","),
    ...lines.map((line) => COLUMNS.map((column) => quoted({ ...DEFAULTS, ...line }[column])).join(",")),
  ].join("\r\n");

export interface ImportRun {
  readonly summary: ImportSummary;
  readonly said: readonly string[];
}

/** Imports a text as the command does. */
export const importText = async (
  db: TestDatabase,
  text: string | Uint8Array,
  options: Partial<ImportPracticesOptions> & { readonly postcodesText?: string } = {},
  said: string[] = [],
): Promise<ImportRun> => {
  const folder = await mkdtemp(path.join(tmpdir(), "covershare-import-"));
  try {
    const file = path.join(folder, "practices.csv");
    await writeFile(file, text);
    const postcodes = path.join(folder, "postcodes.csv");
    if (options.postcodesText !== undefined) await writeFile(postcodes, options.postcodesText);
    const summary = await importPracticesCommand(
      db.database,
      {
        file,
        format: options.format ?? "csv",
        postcodes: options.postcodesText === undefined ? undefined : postcodes,
        sharingGroup: options.sharingGroup,
        skipBad: options.skipBad ?? false,
        closeMissing: options.closeMissing ?? false,
      },
      { progress: (line) => said.push(line) },
    );
    return { summary, said };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const counted = z.object({ n: z.coerce.number() });

/** The one number that a counting statement answers. */
export const count = async (db: TestDatabase, statement: ReturnType<typeof sql>): Promise<number> =>
  (await rows(db.q, counted, sql`select count(*) as n from ${statement}`))[0]?.n ?? -1;
