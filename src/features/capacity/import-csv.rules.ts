import { parse } from "csv-parse/sync";
import { z } from "zod";
import { unique } from "../../platform/lists/lists.ts";
import { dateSchema, londonInstant } from "../calendar/index.ts";
import { orderedRequirements, requirementListSchema, serviceCodeSchema } from "../services/index.ts";
import type { BadRow } from "./capacity.errors.ts";
import { channel, externalKey, lane, pledge, slotMinutes, type Channel, type Pledge } from "./capacity.schema.ts";
import { PAST, timeProblems } from "./clinic-times.rules.ts";

/** One good row. Wall times of the file are Europe/London (T1). */
export interface ImportRow {
  readonly line: number;
  /** The file's own key, or one made from the row, so that importing again finds the same clinic (C6). */
  readonly key: string;
  readonly startsAt: Date;
  readonly endsAt: Date;
  readonly services: readonly string[];
  readonly slotMinutes: number;
  readonly pledge: Pledge;
  readonly channel: Channel;
  readonly provides: readonly string[];
  readonly lane: string | undefined;
}

export interface ImportFile {
  readonly rowCount: number;
  readonly good: readonly ImportRow[];
  readonly bad: readonly BadRow[];
}

export const MAX_IMPORT_ROWS = 10_000;
const NEEDED = ["date", "from", "until", "services", "slot_minutes", "pledge"] as const;
const KNOWN: readonly string[] = [...NEEDED, "channel", "provides", "lane", "key"];

/** `2026-12-22`, or `22/12/2026` as spreadsheets of this country write it. */
const day = z
  .string()
  .transform((text) =>
    text.replace(
      /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/,
      (_all, d: string, m: string, y: string) => `${y}-${m.padStart(2, "0")}-${d.padStart(2, "0")}`,
    ),
  )
  .pipe(dateSchema)
  .refine((date) => date >= "2000" && date < "2100");
/** `09:00`, or `9:00`. */
const wallTime = z
  .string()
  .transform((text) => text.padStart(5, "0"))
  .pipe(z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/));
const list = z.string().transform((text) =>
  text
    .split(";")
    .map((part) => part.trim())
    .filter((part) => part !== ""),
);
const optional = <T extends z.ZodType>(schema: T) => z.union([z.literal("").transform(() => undefined), schema]);

const cells = z.object({
  date: day,
  from: wallTime,
  until: wallTime,
  services: list.pipe(z.array(serviceCodeSchema).min(1).max(40)),
  slot_minutes: z
    .string()
    .regex(/^\d{1,3}$/)
    .transform(Number)
    .pipe(slotMinutes),
  pledge,
  channel: optional(channel),
  provides: list.pipe(requirementListSchema),
  lane: optional(lane),
  key: optional(externalKey),
});

const FIXES: Readonly<Record<string, readonly [problem: string, fix: string]>> = {
  date: ["This is not a date.", "Write it as 2026-12-22 or 22/12/2026."],
  from: ["This is not a time of day.", "Write it as 09:00, London time."],
  until: ["This is not a time of day.", "Write it as 12:30, London time."],
  services: ["These are not service codes.", "Write codes with semicolons between, for example wound-simple;b12."],
  slot_minutes: ["This is not a slot length.", "Write whole minutes from 5 to 120."],
  pledge: ["This is not a pledge.", "Write firm (take without asking) or ask (ask us first)."],
  channel: ["This is not a channel.", "Write in-person, telephone, video or home-visit, or leave it empty."],
  provides: [
    "These are not requirements that Covershare knows.",
    "Write codes such as step-free;hoist, or leave it empty.",
  ],
  lane: ["This is not a lane.", "Write a short code such as N1, never a name, or leave it empty."],
  key: [
    "This is not a key.",
    "Use up to 64 letters, digits and . _ : / - and nothing like an NHS number, or leave it empty.",
  ],
};

export const badRow = (line: number, column: string): BadRow => {
  const [problem, fix] = FIXES[column] ?? [
    "This cannot be read.",
    "Compare the row with the columns in the first line.",
  ];
  return { line, column, problem, fix };
};

const TIME_COLUMNS: Readonly<Record<string, string>> = {
  "/startsAt": "date",
  "/endsAt": "until",
  "/slotMinutes": "slot_minutes",
};

const records = z.array(z.object({ info: z.object({ lines: z.number() }), record: z.array(z.string()) }));

const read = (text: string) =>
  records.parse(
    // Lines that end in several ways would be counted wrongly.
    parse(text.replaceAll(/\r\n?/g, "\n"), {
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      max_record_size: 4_096,
    }),
  );

const headerProblems = (header: readonly string[]): BadRow[] => [
  ...NEEDED.filter((name) => !header.includes(name)).map((name) => ({
    line: 1,
    column: name,
    problem: "This column is missing.",
    fix: `The first line names the columns: ${KNOWN.join(",")}. The last four may be left out.`,
  })),
  ...header
    .filter((name, at) => !KNOWN.includes(name) || header.indexOf(name) !== at)
    .map(() => ({
      line: 1,
      column: "header",
      problem: "There is a column that clinics do not have, or one twice.",
      fix: `Leave it out; the columns are ${KNOWN.join(",")}. Clinics hold no notes.`,
    })),
];

/** Reads a CSV file of clinics (C6). What it cannot use it names by line and column, with the fix. `now` is the database's. */
export const readImport = (text: string, now: Date): ImportFile => {
  let table: z.output<typeof records>;
  try {
    table = read(text);
  } catch {
    const fix = "Save it again as CSV (comma separated, UTF-8); quotes must be closed.";
    return { rowCount: 0, good: [], bad: [{ line: 1, column: "file", problem: "This is not a CSV file.", fix }] };
  }
  const header = (table[0]?.record ?? []).map((name) => name.toLowerCase());
  const body = table.slice(1);
  const problems = headerProblems(header);
  if (problems.length > 0) return { rowCount: body.length, good: [], bad: problems };
  if (body.length > MAX_IMPORT_ROWS) {
    const fix = `Split it: at most ${MAX_IMPORT_ROWS} rows a file.`;
    return {
      rowCount: body.length,
      good: [],
      bad: [{ line: 1, column: "file", problem: "This file is too long.", fix }],
    };
  }
  const good: ImportRow[] = [];
  const bad: BadRow[] = [];
  const seen = new Map<string, number>();
  for (const { info, record } of body) {
    const row = readRow(info.lines, header, record, now, seen);
    if ("problems" in row) bad.push(...row.problems);
    else good.push(row);
  }
  return { rowCount: body.length, good, bad };
};

const readRow = (
  line: number,
  header: readonly string[],
  record: readonly string[],
  now: Date,
  seen: Map<string, number>,
): ImportRow | { problems: BadRow[] } => {
  if (record.length > header.length) return { problems: [badRow(line, "row")] };
  const parsed = cells.safeParse(Object.fromEntries(KNOWN.map((name) => [name, record[header.indexOf(name)] ?? ""])));
  if (!parsed.success) {
    const columns = new Set(parsed.error.issues.map((issue) => String(issue.path[0] ?? "row")));
    return { problems: [...columns].map((column) => badRow(line, column)) };
  }
  const cell = parsed.data;
  const times = {
    startsAt: londonInstant(cell.date, cell.from),
    endsAt: londonInstant(cell.date, cell.until),
    breaks: [],
    slotMinutes: cell.slot_minutes,
  };
  const wrong = timeProblems(times, now).filter((one) => one.message !== PAST);
  if (wrong.length > 0) {
    return {
      problems: wrong.map(({ pointer, message }) => ({
        line,
        column: TIME_COLUMNS[pointer] ?? "row",
        problem: message,
        fix: "Correct the date and times; a clinic is on one day and lasts at most 14 hours.",
      })),
    };
  }
  const same = `${cell.date}/${cell.from}/${cell.lane ?? "-"}`;
  const made = (seen.get(same) ?? 0) + 1;
  seen.set(same, made);
  const key = cell.key ?? `row:${same}/${made}`;
  if (cell.key !== undefined && seen.has(`key ${key}`))
    return {
      problems: [
        { line, column: "key", problem: "This key is there twice.", fix: "Give each clinic a key of its own." },
      ],
    };
  seen.set(`key ${key}`, 1);
  return {
    line,
    key,
    startsAt: times.startsAt,
    endsAt: times.endsAt,
    services: unique(cell.services).sort(),
    slotMinutes: cell.slot_minutes,
    pledge: cell.pledge,
    channel: cell.channel ?? "in-person",
    provides: orderedRequirements(cell.provides),
    lane: cell.lane,
  };
};
