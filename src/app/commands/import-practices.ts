import { readFile } from "node:fs/promises";
import { Option } from "commander";
import { z } from "zod";
import {
  decodeText,
  importPractices,
  readEpraccurFile,
  readPostcodes,
  readPracticesFile,
  type ImportSummary,
  type ReadFile,
  type RowProblem,
} from "../../features/practices/index.ts";
import { ensureCatalogue } from "../../features/services/index.ts";
import type { Database } from "../../platform/db/database.ts";
import { UsageError, withDatabase, type AddCommand } from "./command.ts";

export interface ImportPracticesOptions {
  readonly file: string;
  readonly format: "csv" | "epraccur";
  /** A CSV of postcode,lat,lon: needed for epraccur, which has no coordinates. */
  readonly postcodes?: string | undefined;
  /** The column whose value names each practice's sharing group. */
  readonly sharingGroup?: string | undefined;
  /** Import the good rows even if others are bad. */
  readonly skipBad: boolean;
  /** Close practices that the file does not name. */
  readonly closeMissing: boolean;
}

/** Where a command says how it is getting on: standard error. */
export interface Narrator {
  readonly progress: (line: string) => void;
}

const read = async (path: string): Promise<string> => {
  try {
    return decodeText(await readFile(path));
  } catch {
    throw new UsageError(`The file ${path} cannot be read.`);
  }
};

const parseFile = async (options: ImportPracticesOptions): Promise<ReadFile> => {
  const text = await read(options.file);
  if (options.format === "csv") return readPracticesFile(text, options.sharingGroup);
  if (options.postcodes === undefined) {
    throw new UsageError(
      "epraccur has no coordinates: give a file with the columns postcode, lat and lon by --postcodes.",
    );
  }
  return readEpraccurFile(text, readPostcodes(await read(options.postcodes)), options.sharingGroup);
};

export const describeProblem = ({ line, code, column, problem, fix }: RowProblem): string =>
  `line ${line}${code === null ? "" : ` (${code})`}${column === "-" ? "" : `, ${column}`}: ${problem} ${fix}`;

/**
 * `covershare import practices`. Bad rows are told line by line; without `skipBad` they stop the import before anything
 * is written, as a UsageError. Answers what was done, for standard output.
 */
export const importPracticesCommand = async (
  database: Database,
  options: ImportPracticesOptions,
  { progress }: Narrator,
): Promise<ImportSummary> => {
  const file = await parseFile(options);
  progress(`${file.practices.length} practices in the file, ${file.problems.length} problems`);
  for (const problem of file.problems) progress(describeProblem(problem));
  if (file.problems.length > 0 && !options.skipBad) {
    throw new UsageError("Nothing was imported. Mend the lines above, or leave them out with --skip-bad.");
  }
  return database.transact(async (tx) => {
    await ensureCatalogue(tx.q);
    return importPractices(tx, file, {
      format: options.format,
      closesMissing: options.closeMissing,
      onProgress: progress,
    });
  });
};

const typed = z.object({
  format: z.enum(["csv", "epraccur"]),
  postcodes: z.string().optional(),
  sharingGroup: z.string().optional(),
  skipBad: z.boolean().default(false),
  closeMissing: z.boolean().default(false),
});

/** `covershare import practices FILE`. */
export const addImportPractices: AddCommand = (parent, context) => {
  parent
    .command("practices <file>")
    .description("import practices: new ones are added, known ones updated or closed; repeating it changes nothing")
    .addOption(
      new Option(
        "--format <format>",
        "csv: a header with ods_code,name,postcode,status,lat,lon and, if wanted, address,list_size,pcn_code,pcn_name,icb_code,icb_name; epraccur: the raw NHS ODS practice file",
      )
        .choices(["csv", "epraccur"])
        .default("csv"),
    )
    .option("--postcodes <file>", "for epraccur: a CSV with the columns postcode,lat,lon")
    .option(
      "--sharing-group <column>",
      "the column that names each practice's sharing group, for example sub_icb_code; members stay unsigned until `admin sign-agreement`",
    )
    .option("--skip-bad", "import the good rows even if others are bad")
    .option("--close-missing", "close every practice that the file does not name")
    .action(async (file: string, given: unknown) => {
      const summary = await withDatabase(context, async (database) =>
        importPracticesCommand(database, { file, ...typed.parse(given) }, { progress: context.say }),
      );
      context.out(JSON.stringify(summary));
    });
};
