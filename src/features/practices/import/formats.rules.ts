import { readCsv, withHeader, type CsvRecord } from "./csv.rules.ts";
import type { ImportedNetwork, ReadFile, RowProblem } from "./import.schema.ts";
import { checkPractices, POSTCODE, tidyPostcode, type RawPractice } from "./practice-row.rules.ts";
import { organisationCodeSchema } from "../practices.schema.ts";
import { columnMissing, noSuchColumn } from "../practices.errors.ts";

type Value = (column: string) => string;

const networkOf = (kind: ImportedNetwork["kind"], value: Value, column: string): ImportedNetwork | null => {
  const code = value(column).toUpperCase();
  if (!/^[A-Z0-9][A-Z0-9-]{0,19}$/.test(code)) return null;
  const name = column.endsWith("_code") ? value(column.replace(/_code$/, "_name")) : "";
  return { code, kind, name: name === "" ? code : name };
};

const present = <T>(values: readonly (T | null)[]): T[] => values.flatMap((value) => (value === null ? [] : [value]));

const groupColumnOf = (columns: readonly string[], column: string | undefined): string | undefined => {
  if (column !== undefined && !columns.includes(column.toLowerCase())) throw noSuchColumn(column, columns);
  return column?.toLowerCase();
};

const REQUIRED = ["ods_code", "name", "postcode", "status", "lat", "lon"] as const;

/**
 * The project's own file: a header, then one practice a line. Columns ods_code, name, postcode, status, lat and lon are
 * needed; address, list_size, pcn_code, pcn_name, icb_code and icb_name are read where they are; others only serve
 * `groupColumn`, the column whose value names each practice's sharing group.
 */
export const readPracticesFile = (text: string, groupColumn: string | undefined): ReadFile => {
  const { records, problems } = readCsv(text);
  const { columns, rows } = withHeader(records);
  const missing = REQUIRED.filter((column) => !columns.includes(column));
  if (missing.length > 0) throw columnMissing(missing);
  const group = groupColumnOf(columns, groupColumn);
  const checked = checkPractices(
    rows.map(({ line, value }): RawPractice => ({
      line,
      code: value("ods_code"),
      name: value("name"),
      address: value("address"),
      postcode: value("postcode"),
      status: value("status"),
      lat: value("lat"),
      lon: value("lon"),
      listSize: value("list_size"),
      networks: present([networkOf("pcn", value, "pcn_code"), networkOf("icb", value, "icb_code")]),
      group: group === undefined ? null : networkOf("sharing-group", value, group),
    })),
  );
  const networkKinds = (["pcn", "icb"] as const).filter((kind) => columns.includes(`${kind}_code`));
  return { practices: checked.practices, problems: [...problems, ...checked.problems], networkKinds };
};

/**
 * The columns of epraccur, which has no header, by position from 1: 1 code, 2 name, 3 national grouping, 4 high level
 * health geography (the ICB), 5–9 address, 10 postcode, 11 open date, 12 close date, 13 status, 14 sub-type, 15
 * commissioner (the sub-ICB location), 16 and 17 its join and left dates, 18 telephone, 22 amended record, 26 prescribing
 * setting; the rest is empty. Source: NHS England, ODS, "epraccur: GP practices and prescribing cost centres", data
 * dictionary of the file.
 */
const EPRACCUR: Readonly<Record<string, number>> = {
  ods_code: 1,
  name: 2,
  national_grouping: 3,
  icb_code: 4,
  postcode: 10,
  open_date: 11,
  close_date: 12,
  status: 13,
  commissioner: 15,
  /** The same column by the name that other files give it. */
  sub_icb_code: 15,
  prescribing_setting: 26,
};
const EPRACCUR_WIDTH = 27;
/** The setting of a GP practice: 4 in editions up to 2025, the ODS role RO76 in newer ones. */
const GP_PRACTICE: readonly string[] = ["4", "RO76"];
/** One letter in older editions, a word in newer ones. */
const EPRACCUR_STATUS: Readonly<Record<string, string>> = {
  A: "ACTIVE",
  C: "CLOSED",
  D: "DORMANT",
  P: "PROPOSED",
  INACTIVE: "CLOSED",
};

const epraccurValue = ({ values }: CsvRecord): Value => {
  const at = (position: number): string => values[position - 1] ?? "";
  return (column) => {
    if (column === "address")
      return [5, 6, 7, 8, 9]
        .map(at)
        .filter((part) => part !== "")
        .join(", ");
    return at(EPRACCUR[column] ?? 0);
  };
};

/** Postcode → coordinates, from a CSV with the columns postcode, lat and lon. Lines that say nothing usable are left out. */
export const readPostcodes = (text: string): ReadonlyMap<string, { lat: string; lon: string }> => {
  const { columns, rows } = withHeader(readCsv(text).records);
  const missing = ["postcode", "lat", "lon"].filter((column) => !columns.includes(column));
  if (missing.length > 0) throw columnMissing(missing);
  return new Map(
    rows.map(({ value }) => [tidyPostcode(value("postcode")), { lat: value("lat"), lon: value("lon") }] as const),
  );
};

/**
 * The ODS practice file. Only GP practices (prescribing setting 4 or RO76) are read; each is placed by its postcode. It knows
 * neither list sizes nor PCNs, so what is known of those stays.
 */
export const readEpraccurFile = (
  text: string,
  postcodes: ReadonlyMap<string, { lat: string; lon: string }>,
  groupColumn: string | undefined,
): ReadFile => {
  const { records, problems } = readCsv(text);
  const narrow = records.filter(({ values }) => values.length !== EPRACCUR_WIDTH);
  const group = groupColumnOf(Object.keys(EPRACCUR), groupColumn);
  const practices = records
    .filter(({ values }) => values.length === EPRACCUR_WIDTH)
    .map((record) => ({ line: record.line, value: epraccurValue(record) }))
    .filter(({ value }) => GP_PRACTICE.includes(value("prescribing_setting")));
  const unplaced: RowProblem[] = [];
  const raws = practices.flatMap(({ line, value }): RawPractice[] => {
    const status = EPRACCUR_STATUS[value("status").toUpperCase()] ?? value("status");
    const place = postcodes.get(tidyPostcode(value("postcode")));
    if (place === undefined && status !== "CLOSED") {
      unplaced.push(noCoordinates(line, value("ods_code"), tidyPostcode(value("postcode"))));
      return [];
    }
    return [
      {
        line,
        code: value("ods_code"),
        name: value("name"),
        address: value("address"),
        postcode: value("postcode"),
        status,
        lat: place?.lat ?? "",
        lon: place?.lon ?? "",
        listSize: "",
        networks: present([networkOf("icb", value, "icb_code")]),
        group: group === undefined ? null : networkOf("sharing-group", value, group),
      },
    ];
  });
  const checked = checkPractices(raws);
  return {
    practices: checked.practices,
    problems: [...problems, ...narrow.map(wrongWidth), ...unplaced, ...checked.problems].sort(
      (left, right) => left.line - right.line,
    ),
    networkKinds: ["icb"],
  };
};

const wrongWidth = ({ line, values }: CsvRecord): RowProblem => ({
  line,
  code: null,
  column: "-",
  problem: `This line has ${values.length} columns, not ${EPRACCUR_WIDTH}.`,
  fix: "Use the file as NHS England publishes it: 27 columns, no header.",
});

const noCoordinates = (line: number, code: string, postcode: string): RowProblem => ({
  line,
  code: organisationCodeSchema.safeParse(code).data ?? null,
  column: "postcode",
  problem: "The postcode file has no coordinates for this practice's postcode.",
  fix: POSTCODE.test(postcode)
    ? `Add a line for ${postcode} to the postcode file: postcode,lat,lon.`
    : "Write the postcode, for example TS18 1HU.",
});
