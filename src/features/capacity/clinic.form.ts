import type { Fields } from "../../platform/web/fields.ts";
import { londonInstant, typedTime } from "../calendar/index.ts";

/* The form *Publish clinic* and how it becomes what the API takes: a London day and wall times instead of instants. */

const DATE = /^\d{4}-\d\d-\d\d$/;

/** An instant as the API takes it; what is none stays as typed, so that the schema refuses it. */
const instantOf = (fields: Fields, name: string): string => {
  const date = fields.text("date") ?? "";
  const time = typedTime(fields.text(name));
  return DATE.test(date) && time !== undefined ? londonInstant(date, time).toISOString() : `${date} ${time ?? ""}`;
};

const MAX_BREAKS = 8;

/** The numbers of the rows of breaks in which something was typed. */
const breakRows = (fields: Fields): number[] =>
  Array.from({ length: MAX_BREAKS }, (_, at) => at + 1).filter(
    (row) => fields.has(`breakFrom-${row}`) || fields.has(`breakUntil-${row}`),
  );

export const readBreaks = (fields: Fields, timeOf: (name: string) => string): { from: string; until: string }[] =>
  breakRows(fields).map((row) => ({ from: timeOf(`breakFrom-${row}`), until: timeOf(`breakUntil-${row}`) }));

/** `/breaks/0/until` → `breakUntil-2`, where the first row was left empty. */
export const breakField = (pointer: string, fields: Fields): string => {
  const [, , index, inner] = pointer.split("/");
  return `${inner === "until" ? "breakUntil" : "breakFrom"}-${breakRows(fields)[Number(index)] ?? 1}`;
};

/** The breaks of a form: those that there are, and room for one more. */
export const breakChoices = (breaks: readonly { readonly from: string; readonly until: string }[]) =>
  [...breaks, { from: "", until: "" }].slice(0, MAX_BREAKS);

/** What a change of a clinic may say, from the same fields. */
export const readClinicChange = (fields: Fields): unknown => ({
  version: fields.number("version"),
  change: {
    services: fields.list("services"),
    pledge: fields.text("pledge"),
    provides: fields.list("provides"),
    startsAt: instantOf(fields, "from"),
    endsAt: instantOf(fields, "until"),
    breaks: readBreaks(fields, (name) => instantOf(fields, name)),
    confirmBreaking: fields.has("confirmBreaking"),
  },
});

export const readClinic = (fields: Fields): unknown => ({
  services: fields.list("services"),
  pledge: fields.text("pledge"),
  channel: fields.text("channel"),
  provides: fields.list("provides"),
  startsAt: instantOf(fields, "from"),
  endsAt: instantOf(fields, "until"),
  breaks: readBreaks(fields, (name) => instantOf(fields, name)),
  clinicians: fields.number("clinicians"),
  slotMinutes: fields.number("slotMinutes"),
  lane: fields.text("lane")?.toUpperCase(),
});

/** `/startsAt` → `from`, or `date` where no day was chosen; `/breaks/0/until` → `breakUntil-1`. */
export const clinicField = (pointer: string, fields: Fields): string => {
  const steps = pointer.replace(/^\/change(?=\/)/, "");
  const first = steps.split("/")[1] ?? "";
  if (first === "breaks") return breakField(steps, fields);
  if (first === "startsAt" || first === "endsAt") {
    if (!fields.has("date")) return "date";
    return first === "startsAt" ? "from" : "until";
  }
  return first;
};

const NOT_A_TIME = "Use an instant such as 2026-12-22T09:00:00Z.";

const WANTED: Readonly<Record<string, string>> = {
  from: "Enter when the clinic starts, such as 09:00",
  until: "Enter when the clinic ends, such as 12:30",
};
/** What to enter where no time was. */
export const timeMessage = (field: string): string => WANTED[field] ?? "Enter a time such as 09:00";

/** Only what the schema says about instants is said anew; what a rule says about times is kept. */
export const clinicMessage = (field: string, message: string): string => {
  const said: Readonly<Record<string, string>> = {
    services: "Choose what can be done in this clinic",
    pledge: "Choose whether neighbours must ask you first",
    slotMinutes: "Minutes of each slot must be from 5 to 120",
    clinicians: "Say how many clinicians, from 1 to 10",
    lane: "Use a short code such as N1, not a name",
    date: "Choose a day",
  };
  return said[field] ?? (message === NOT_A_TIME ? timeMessage(field) : message);
};

export const pledgeChoices = [
  { value: "ask", text: "Ask us first", hint: "Each request waits for your answer" },
  {
    value: "firm",
    text: "Take without asking",
    hint: "These times are blocked in your book for neighbours. You confirm them each morning with one click",
  },
] as const;

export const channelChoices = [
  { value: "in-person", text: "In person" },
  { value: "telephone", text: "By telephone" },
  { value: "video", text: "By video" },
  { value: "home-visit", text: "At the patient's home" },
] as const;
