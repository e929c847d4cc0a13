import type { Fields } from "../../platform/web/fields.ts";
import { londonDate, type OpenDay } from "../calendar/index.ts";
import type { Service } from "../services/index.ts";
import type { PostRequest, Priority } from "./requests.schema.ts";

/*
 * The form *Ask for cover* and how it becomes what the API takes. What is short, how many and by when is all that has to
 * be said; the rest has defaults and opens on demand.
 */

/** Lines that the form has room for without script; the first is always open. */
export const formRows = ["", "-2", "-3", "-4", "-5", "-6"] as const;

/** The rows in which something was entered, by the suffix of their fields: the API's lines, in order. */
const filledRows = (fields: Fields): string[] => {
  const filled = formRows.filter((row) => fields.has(`service${row}`) || fields.has(`count${row}`));
  return filled.length === 0 ? [""] : filled;
};

/** All needs of a line belong to one person, best kept at one place. */
const togetherOf = (fields: Fields, count: number | string | undefined): number[][] =>
  fields.has("together") && typeof count === "number" && count > 1 && count <= 60
    ? [Array.from({ length: count }, (_, at) => at + 1)]
    : [];

export const readNewRequest = (fields: Fields): unknown => ({
  priority: fields.text("priority"),
  reason: fields.text("reason"),
  takeFirm: fields.text("takeFirm") !== "no",
  onBehalfOf: fields.text("onBehalfOf"),
  needs: filledRows(fields).map((row) => {
    const count = fields.number(`count${row}`);
    return {
      service: fields.text(`service${row}`),
      count,
      minutes: fields.number(`minutes${row}`),
      earliest: fields.text("earliest"),
      dueBy: fields.text(`by${row}`),
      requires: fields.list("requires"),
      maxKm: fields.number("maxKm"),
      channel: fields.text("channel"),
      courses: togetherOf(fields, count),
    };
  }),
});

const FIELD_OF: Readonly<Record<string, string>> = { dueBy: "by", courses: "together" };
const OF_A_ROW = ["service", "count", "minutes", "by"];

/** `/needs/1/dueBy` of the second filled row → `by-2`. */
export const newRequestField = (pointer: string, fields: Fields): string => {
  const [, first = "", line = "", property = ""] = pointer.split("/");
  if (first !== "needs") return first;
  const field = FIELD_OF[property] ?? property;
  const row = filledRows(fields)[Number(line)] ?? "";
  return OF_A_ROW.includes(field) ? `${field}${row}` : field === "" ? "service" : field;
};

const rowMessages = formRows.flatMap((row): [string, string][] => [
  [`service${row}`, "Choose what is short"],
  [`count${row}`, "Say how many appointments are short, from 1 to 60"],
  [`minutes${row}`, "Minutes for each must be from 5 to 120, or leave it empty"],
  [`by${row}`, "Choose the day by which they must be seen"],
]);

export const newRequestMessages: Readonly<Record<string, string>> = {
  ...Object.fromEntries(rowMessages),
  reason: "Choose why you are short",
  onBehalfOf: "Enter the code of a practice in your group, for example A81001",
};

const DAY_MS = 86_400_000;

/** How pressing a need is when nobody said so: today is as soon as possible, within three days urgent. */
export const priorityBy = (now: Date, dueBy: Date): Priority => {
  if (londonDate(now) === londonDate(dueBy)) return "asap";
  return dueBy.getTime() - now.getTime() <= 3 * DAY_MS ? "urgent" : "routine";
};

/** Fills in each line's priority from its date, unless the form says one. */
export const withPriorities = (input: PostRequest, said: string | undefined, now: Date): PostRequest =>
  said === undefined
    ? { ...input, needs: input.needs.map((line) => ({ ...line, priority: priorityBy(now, line.dueBy) })) }
    : input;

export interface Choice {
  readonly value: string;
  readonly text: string;
}

export const reasonChoices: readonly Choice[] = [
  { value: "staff-absence", text: "Somebody is away at short notice" },
  { value: "planned-leave", text: "Planned leave" },
  { value: "demand-surge", text: "More demand than usual" },
  { value: "premises", text: "Rooms or premises" },
  { value: "it-outage", text: "IT is down" },
  { value: "stock", text: "Stock or equipment" },
  { value: "other", text: "Something else" },
];

/** The API counts in km; staff think in miles. */
export const distanceChoices: readonly Choice[] = [
  { value: "3", text: "2 miles" },
  { value: "5", text: "3 miles" },
  { value: "8", text: "5 miles" },
  { value: "16", text: "10 miles" },
  { value: "32", text: "20 miles" },
  { value: "80", text: "50 miles" },
];

export const channelChoices: readonly Choice[] = [
  { value: "in-person", text: "In person" },
  { value: "telephone", text: "By telephone" },
  { value: "video", text: "By video" },
  { value: "home-visit", text: "At the patient's home" },
];

export const priorityChoices: readonly Choice[] = [
  { value: "", text: "Decide from the date" },
  { value: "asap", text: "As soon as possible" },
  { value: "urgent", text: "Urgent" },
  { value: "routine", text: "Routine" },
];

/** Dressings first, because they are what is asked for most; *not yet checked* beside them (R5). */
export const serviceChoices = (services: readonly Service[]): { text: string; items: Choice[] }[] => {
  const items = services.map(({ code, name }) => ({ value: code, text: name }));
  const isDressing = ({ value }: Choice): boolean => value.startsWith("wound");
  return [
    { text: "Dressings", items: items.filter(isDressing) },
    { text: "Other appointments", items: items.filter((item) => !isDressing(item)) },
  ];
};

/** By the end of an open day: `Thu 24 Dec, closes 18:30`. The value is the instant of closing. */
export const dueChoices = (days: readonly OpenDay[]): Choice[] =>
  days.map(({ label, closes, closesAt }) => ({ value: closesAt.toISOString(), text: `${label}, by ${closes}` }));
