import { readFile } from "node:fs/promises";
import { parse } from "csv-parse/sync";
import { z } from "zod";
import { readPracticesFile, type ReadFile } from "../../../src/features/practices/index.ts";
import { referenceData } from "../../support/reference-data.ts";

const fileOf = async (name: string): Promise<string> => {
  const file = referenceData(`data/${name}`);
  if (file === undefined) throw new Error("The reference data is needed: set COVERSHARE_REFERENCE_DATA.");
  return readFile(file, "utf8");
};

const records = <T extends z.ZodType>(schema: T, text: string): z.output<T>[] =>
  z.array(schema).parse(parse(text, { columns: true }));

const online = z.object({ weekday: z.string(), time_band: z.string(), average_submissions: z.coerce.number() });
const booked = z.object({
  month: z.string(),
  hcp_type: z.string(),
  appt_mode: z.string(),
  appt_status: z.string(),
  time_between_book_and_appt: z.string(),
  count_of_appointments: z.coerce.number(),
});

/** How far ahead of its day an appointment that falls away lies. */
export type Lead = "same-day" | "next-day" | "week" | "later";

export interface Data {
  readonly practices: ReadFile;
  /** Weight of weekday 1–5 and of the hour at which a band of two hours begins (08, 10 … 16): when demand speaks up. */
  readonly arrivals: readonly (readonly [{ readonly weekday: number; readonly hour: number }, number])[];
  /** Appointments with practice staff other than GPs, face to face, attended, March 2019 to February 2020, by booking lead. */
  readonly leads: readonly (readonly [Lead, number])[];
}

const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"];

const leadOf = (label: string): Lead | undefined =>
  label === "Same Day"
    ? "same-day"
    : label === "1 Day"
      ? "next-day"
      : label === "2 to 7 Days"
        ? "week"
        : label.startsWith("Unknown")
          ? undefined
          : "later";

/** The reference data that the simulation rests on; SOURCES.md beside it says where each comes from. */
export const readData = async (): Promise<Data> => {
  const practices = readPracticesFile(await fileOf("practices.csv"), "sub_icb_code");
  const submissions = records(online, await fileOf("appointments/online-requests-by-weekday-and-time-2025-03.csv"));
  const arrivals = submissions.flatMap(({ weekday, time_band, average_submissions }) => {
    const [at, hour] = [WEEKDAYS.indexOf(weekday) + 1, Number(time_band.slice(0, 2))];
    return at > 0 && hour >= 8 && hour < 18 ? [[{ weekday: at, hour }, average_submissions] as const] : [];
  });
  const leads = new Map<Lead, number>();
  for (const row of records(booked, await fileOf("appointments/gpad-2019-03-to-2021-08-partial-england.csv"))) {
    const lead = leadOf(row.time_between_book_and_appt);
    const isOrdinary = row.month >= "2019-03" && row.month <= "2020-02";
    const isNurseLike = row.hcp_type === "Other Practice staff" && row.appt_mode === "Face-to-Face";
    if (lead === undefined || !isOrdinary || !isNurseLike || row.appt_status !== "Attended") continue;
    leads.set(lead, (leads.get(lead) ?? 0) + row.count_of_appointments);
  }
  return { practices, arrivals, leads: [...leads] };
};
