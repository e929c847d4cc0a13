import { holdsNhsNumber, plainText } from "../../privacy/index.ts";
import { latSchema, lonSchema, nameSchema, organisationCodeSchema } from "../practices.schema.ts";
import type { PracticeRow, PracticeStatus, RowProblem } from "./import.schema.ts";

/*
 * The checks that every format shares. A row is refused with all its problems at once, so that one look at the file mends it.
 */

/** What a format read from one line, before it is checked. */
export interface RawPractice {
  readonly line: number;
  readonly code: string;
  readonly name: string;
  readonly address: string;
  readonly postcode: string;
  readonly status: string;
  readonly lat: string;
  readonly lon: string;
  readonly listSize: string;
  readonly networks: PracticeRow["networks"];
  readonly group: PracticeRow["group"];
}

const STATUSES: readonly PracticeStatus[] = ["ACTIVE", "DORMANT", "PROPOSED", "CLOSED"];
export const POSTCODE = /^[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}$/;

/** `ts181hu` → `TS18 1HU`. */
export const tidyPostcode = (text: string): string => {
  const packed = text.toUpperCase().replaceAll(/\s/g, "");
  return packed.length < 5 ? packed : `${packed.slice(0, -3)} ${packed.slice(-3)}`;
};

/** A value may be shown in a problem only if it cannot be an NHS number (P1). */
const shown = (value: string): string => (value.length > 24 || holdsNhsNumber(value) ? "what is there" : `"${value}"`);

/** Checks a row: either the practice, or everything that is wrong with it. */
export const checkPractice = (
  raw: RawPractice,
): { practice: PracticeRow; problems?: never } | { practice?: never; problems: RowProblem[] } => {
  const problems: RowProblem[] = [];
  const parsedCode = organisationCodeSchema.safeParse(raw.code);
  const code = parsedCode.success ? parsedCode.data : null;
  const refuse = (column: string, problem: string, fix: string): void => {
    problems.push({ line: raw.line, code, column, problem, fix });
  };
  if (code === null) {
    refuse("ods_code", `${shown(raw.code)} is not an organisation code.`, "Write the ODS code, for example A81001.");
  }
  const name = nameSchema.safeParse(raw.name);
  if (!name.success) refuse("name", name.error.issues[0]?.message ?? "Not a name.", "Write the name of the practice.");
  const address = raw.address === "" ? null : plainText(300).safeParse(raw.address);
  if (address?.success === false) {
    refuse("address", address.error.issues[0]?.message ?? "Not an address.", "Write the address on one line.");
  }
  const status = STATUSES.find((each) => each === raw.status.toUpperCase());
  if (status === undefined) {
    refuse("status", `${shown(raw.status)} is not a status.`, `Use one of ${STATUSES.join(", ")}.`);
  }
  const postcode = tidyPostcode(raw.postcode);
  if (!POSTCODE.test(postcode)) {
    refuse("postcode", `${shown(raw.postcode)} is not a postcode.`, "Write the postcode, for example TS18 1HU.");
  }
  const isOpen = status !== "CLOSED";
  const lat = coordinate(raw.lat, latSchema);
  const lon = coordinate(raw.lon, lonSchema);
  if (lat === undefined || (isOpen && lat === null)) {
    refuse("lat", `${shown(raw.lat)} is not a latitude.`, "Write degrees north, 49.5 to 61, for example 54.56162.");
  }
  if (lon === undefined || (isOpen && lon === null)) {
    refuse("lon", `${shown(raw.lon)} is not a longitude.`, "Write degrees east, -8.8 to 2, for example -1.31899.");
  }
  if (raw.listSize !== "" && !/^\d{1,7}$/.test(raw.listSize)) {
    refuse(
      "list_size",
      `${shown(raw.listSize)} is not a number of patients.`,
      "Write a whole number, or leave it empty.",
    );
  }
  if (problems.length > 0 || code === null || !name.success || status === undefined) return { problems };
  return {
    practice: {
      line: raw.line,
      code,
      name: name.data,
      address: address?.success === true ? address.data : null,
      postcode,
      status,
      lat: lat ?? null,
      lon: lon ?? null,
      listSize: raw.listSize === "" ? null : Number(raw.listSize),
      networks: raw.networks,
      group: raw.group,
    },
  };
};

/** Null where nothing is written; undefined where it is not a number within bounds. */
const coordinate = (text: string, schema: typeof latSchema): number | null | undefined => {
  if (text === "") return null;
  const parsed = schema.safeParse(Number(text));
  return parsed.success ? parsed.data : undefined;
};

/** Checks every row, and that no code comes twice. */
export const checkPractices = (raws: readonly RawPractice[]): { practices: PracticeRow[]; problems: RowProblem[] } => {
  const practices: PracticeRow[] = [];
  const problems: RowProblem[] = [];
  const lines = new Map<string, number>();
  for (const raw of raws) {
    const checked = checkPractice(raw);
    if (checked.problems !== undefined) {
      problems.push(...checked.problems);
      continue;
    }
    const { practice } = checked;
    const earlier = lines.get(practice.code);
    if (earlier === undefined) {
      lines.set(practice.code, practice.line);
      practices.push(practice);
      continue;
    }
    problems.push({
      line: practice.line,
      code: practice.code,
      column: "ods_code",
      problem: `${practice.code} stands on line ${earlier} already.`,
      fix: "Keep one line for each practice.",
    });
  }
  return { practices, problems };
};
