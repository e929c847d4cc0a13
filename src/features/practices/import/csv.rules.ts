import { parse } from "csv-parse/sync";
import { z } from "zod";
import type { RowProblem } from "./import.schema.ts";

/** A record as it stands in the file, and the line on which it ends. */
export interface CsvRecord {
  readonly line: number;
  readonly values: readonly string[];
}

const parsed = z.array(z.object({ record: z.array(z.string()), info: z.object({ lines: z.number() }) }));

/** UTF-8, or Windows-1252 where it cannot be UTF-8: what spreadsheets on NHS desktops save. */
export const decodeText = (bytes: Uint8Array): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
};

/** Files that were put together on several systems end their lines in several ways, and the lines are to be counted right. */
const withPlainLines = (text: string): string => text.replaceAll(/\r\n?/g, "\n");

/** Every record of a CSV text, trimmed; those that cannot be read are problems and the rest goes on. */
export const readCsv = (text: string): { records: CsvRecord[]; problems: RowProblem[] } => {
  const problems: RowProblem[] = [];
  const found: unknown = parse(withPlainLines(text), {
    bom: true,
    info: true,
    trim: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: 100_000,
    on_skip: (error) => {
      const at = z.object({ lines: z.number() }).safeParse(error);
      problems.push({
        line: at.success ? at.data.lines : 0,
        code: null,
        column: "-",
        problem: "This line is not readable as CSV; a quotation mark may be missing.",
        fix: "Put text that holds a comma or a quotation mark in double quotes, and double the quotation marks in it.",
      });
    },
  });
  const records = parsed.parse(found).map(({ record, info }) => ({ line: info.lines, values: record }));
  return { records, problems };
};

/** The records under their header, as column → value. A missing column is an empty value. */
export const withHeader = (
  records: readonly CsvRecord[],
): { columns: readonly string[]; rows: { line: number; value: (column: string) => string }[] } => {
  const [header, ...rest] = records;
  const columns = (header?.values ?? []).map((name) => name.toLowerCase());
  const position = new Map(columns.map((name, index) => [name, index]));
  return {
    columns,
    rows: rest.map(({ line, values }) => ({
      line,
      value: (column) => values[position.get(column) ?? -1] ?? "",
    })),
  };
};
