import type { Fields } from "../../platform/web/fields.ts";
import { typedTime } from "../calendar/index.ts";
import { breakField, clinicMessage, readBreaks, timeMessage } from "./clinic.form.ts";

/* The form of a weekly clinic: wall times as the API takes them. */

export const weekdayNames = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;

export const weekdayChoices = weekdayNames.map((text, at) => ({ value: String(at + 1), text }));

/** What is no time stays as typed, so that the schema refuses it. */
const wallTime = (fields: Fields, name: string): string => typedTime(fields.text(name)) ?? fields.text(name) ?? "";

/** What both publishing and changing say. */
const readRule = (fields: Fields) => ({
  services: fields.list("services"),
  pledge: fields.text("pledge"),
  provides: fields.list("provides"),
  weekdays: fields.list("weekdays").map(Number),
  opens: wallTime(fields, "from"),
  closes: wallTime(fields, "until"),
  breaks: readBreaks(fields, (name) => wallTime(fields, name)),
});

export const readSeriesForm = (fields: Fields): unknown => ({
  ...readRule(fields),
  channel: fields.text("channel"),
  slotMinutes: fields.number("slotMinutes"),
  lane: fields.text("lane")?.toUpperCase(),
  firstDate: fields.text("firstDate"),
  lastDate: fields.text("lastDate"),
});

export const readSeriesChange = (fields: Fields): unknown => ({
  version: fields.number("version"),
  change: {
    ...readRule(fields),
    lastDate: fields.text("lastDate") ?? null,
    confirmBreaking: fields.has("confirmBreaking"),
  },
});

const TIMES: Readonly<Record<string, string>> = { opens: "from", startsAt: "from", closes: "until", endsAt: "until" };

/** `/opens` and what a day's rules say of `/startsAt` → `from`; `/breaks/0/until` → `breakUntil-1`. */
export const seriesField = (pointer: string, fields: Fields): string => {
  const steps = pointer.replace(/^\/change(?=\/)/, "");
  const first = steps.split("/")[1] ?? "";
  return first === "breaks" ? breakField(steps, fields) : (TIMES[first] ?? first);
};

const NOT_A_TIME = "Write a time as HH:MM, London time.";

export const seriesMessage = (field: string, message: string): string => {
  if (field === "weekdays") return "Choose at least one day of the week";
  if (message === NOT_A_TIME) return timeMessage(field);
  return clinicMessage(field, message);
};
