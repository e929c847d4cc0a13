import { readFile } from "node:fs/promises";
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
import { DomainError } from "../../platform/errors/domain-error.ts";

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
  } catch (error) {
    throw new DomainError("invalid", "file-unreadable", `The file ${path} cannot be read.`, { cause: error });
  }
};

const parseFile = async (options: ImportPracticesOptions): Promise<ReadFile> => {
  const text = await read(options.file);
  if (options.format === "csv") return readPracticesFile(text, options.sharingGroup);
  if (options.postcodes === undefined) {
    throw new DomainError(
      "invalid",
      "postcodes-missing",
      "epraccur has no coordinates: give a file with the columns postcode, lat and lon by --postcodes.",
    );
  }
  return readEpraccurFile(text, readPostcodes(await read(options.postcodes)), options.sharingGroup);
};

export const describeProblem = ({ line, code, column, problem, fix }: RowProblem): string =>
  `line ${line}${code === null ? "" : ` (${code})`}${column === "-" ? "" : `, ${column}`}: ${problem} ${fix}`;

/**
 * `covershare import practices`. Bad rows are told line by line; without `skipBad` they stop the import before anything
 * is written, as a DomainError. Answers what was done, for standard output.
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
    throw new DomainError(
      "invalid",
      "import-bad-rows",
      "Nothing was imported. Mend the lines above, or leave them out with --skip-bad.",
    );
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
