import type { Fields } from "../../platform/web/fields.ts";
import { londonDate, type OpenDay } from "../calendar/index.ts";
import type { Service } from "../services/index.ts";
import { gridLines, type FormLine } from "./diary-grid.form.ts";
import type { PostRequest, Priority } from "./requests.schema.ts";

/*
 * The form *Ask for cover* and how it becomes what the API takes. What is short, how many and by when is all that has to
 * be said; the rest has defaults and opens on demand.
 */

/** Lines that the form has room for without script; the first is always open. */
export const formRows = ["", "-2", "-3", "-4", "-5", "-6"] as const;

const lineOf = (row: string): FormLine => ({
  service: `service${row}`,
  count: `count${row}`,
  by: `by${row}`,
  minutes: `minutes${row}`,
});

/** Where something was entered, in the rows and then in the grid: the API's lines, in order. */
const filledLines = (fields: Fields): FormLine[] => {
  const inRows = formRows.filter((row) => fields.has(`service${row}`) || fields.has(`count${row}`)).map(lineOf);
  const filled = [...inRows, ...gridLines(fields)];
  return filled.length === 0 ? [lineOf("")] : filled;
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
  needs: filledLines(fields).map((line) => {
    const count = fields.number(line.count);
    return {
      service: fields.text(line.service),
      count,
      minutes: line.minutes === undefined ? undefined : fields.number(line.minutes),
      earliest: fields.text("earliest"),
      dueBy: fields.text(line.by),
      requires: fields.list("requires"),
      maxKm: fields.number("maxKm"),
      channel: fields.text("channel"),
      courses: togetherOf(fields, count),
    };
  }),
});

/** `/needs/1/dueBy` of the second filled row → `by-2`; `/needs` as a whole stays itself. */
export const newRequestField = (pointer: string, fields: Fields): string => {
  const [, first = "", at = "", property = ""] = pointer.split("/");
  if (first !== "needs" || at === "") return first;
  const line = filledLines(fields)[Number(at)] ?? lineOf("");
  const own: Readonly<Record<string, string | undefined>> = {
    "": line.service,
    service: line.service,
    count: line.count,
    dueBy: line.by,
    minutes: line.minutes,
    courses: "together",
  };
  return own[property] ?? property;
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

/** What the form opens with: what this practice chose last, or what most would choose. */
export const defaultChoices = (
  last: { reason: string; takesFirm: boolean; maxKm: number; channel: string } | undefined,
): Readonly<Record<string, string>> =>
  last === undefined
    ? { reason: "staff-absence", maxKm: "8" }
    : {
        reason: last.reason,
        maxKm: nearestDistance(last.maxKm),
        channel: last.channel,
        takeFirm: last.takesFirm ? "yes" : "no",
        _sent: "1",
      };

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

/** The API takes any number of km; the form knows six. The first that reaches as far. */
const nearestDistance = (km: number): string => distanceChoices.find(({ value }) => Number(value) >= km)?.value ?? "80";

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

/** What the practice asked for lately, then dressings, because they are asked for most; *not yet checked* beside them (R5). */
export const serviceChoices = (
  services: readonly Service[],
  lately: readonly string[] = [],
): { text: string; items: Choice[] }[] => {
  const items = services.map(({ code, name }) => ({ value: code, text: name }));
  const usual = lately.flatMap((code) => items.filter(({ value }) => value === code));
  const others = items.filter((item) => !usual.includes(item));
  const isDressing = ({ value }: Choice): boolean => value.startsWith("wound");
  return [
    { text: "Asked for lately", items: usual },
    { text: "Dressings", items: others.filter(isDressing) },
    { text: "Other appointments", items: others.filter((item) => !isDressing(item)) },
  ].filter((group) => group.items.length > 0);
};

/** By the end of an open day: `Thu 24 Dec, closes 18:30`. The value is the instant of closing. */
export const dueChoices = (days: readonly OpenDay[]): Choice[] =>
  days.map(({ label, closes, closesAt }) => ({ value: closesAt.toISOString(), text: `${label}, by ${closes}` }));
