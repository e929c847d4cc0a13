import { z } from "zod";
import { unique } from "../../platform/lists/lists.ts";
import { dateSchema } from "../calendar/index.ts";
import { channel, clinicBasics, lane, lossView, pledge, provides, serviceCodes } from "./capacity.schema.ts";

const time = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, "Write a time as HH:MM, London time.");
const weekdays = z
  .array(z.int().min(1, "1 is Monday, 7 is Sunday.").max(7, "1 is Monday, 7 is Sunday."))
  .min(1, "Choose at least one weekday.")
  .max(7)
  .transform((days) => unique(days).sort((one, other) => one - other));
const breaks = z.array(z.strictObject({ from: time, until: time })).max(8);
const date = dateSchema.refine((text) => text >= "2000" && text < "2100", "Use a year from 2000 to 2099.");

export const seriesBody = clinicBasics
  .extend({
    weekdays,
    /** Europe/London wall times: 09:00 stays 09:00 across a clock change. */
    opens: time,
    closes: time,
    breaks: breaks.default([]),
    lane: lane.optional(),
    /** Default: today. */
    firstDate: date.optional(),
    /** Default: until it is ended. */
    lastDate: date.optional(),
  })
  .refine(({ firstDate, lastDate }) => firstDate === undefined || lastDate === undefined || firstDate <= lastDate, {
    path: ["lastDate"],
    error: "It must not end before it starts.",
  });
export type SeriesBody = z.output<typeof seriesBody>;

export const seriesChangeBody = z
  .strictObject({
    services: serviceCodes.optional(),
    provides: provides.optional(),
    pledge: pledge.optional(),
    weekdays: weekdays.optional(),
    opens: time.optional(),
    closes: time.optional(),
    breaks: breaks.optional(),
    lastDate: date.nullable().optional(),
    confirmBreaking: z.boolean().default(false),
  })
  .refine((body) => Object.keys(body).some((key) => key !== "confirmBreaking"), "Say what changes.");
export type SeriesChange = z.output<typeof seriesChangeBody>;

export const seriesView = z.strictObject({
  id: z.uuid(),
  siteId: z.uuid(),
  services: z.array(z.string()),
  channel,
  provides: z.array(z.string()),
  pledge,
  weekdays: z.array(z.int()),
  opens: z.string(),
  closes: z.string(),
  breaks: z.array(z.strictObject({ from: z.string(), until: z.string() })),
  slotMinutes: z.int(),
  lane: z.string().nullable(),
  firstDate: z.string(),
  lastDate: z.string().nullable(),
  version: z.int(),
});

const skipped = z.strictObject({
  date: z.string(),
  reason: z.enum(["bank-holiday", "closed", "lane-taken"]),
  says: z.string(),
});
const seriesDay = z.strictObject({
  date: z.string(),
  clinicId: z.uuid(),
  /** Changed by hand: the series leaves it alone. */
  isChanged: z.boolean(),
  isWithdrawn: z.boolean(),
});
export const seriesWithDays = seriesView.extend({
  /** The days of the next eight weeks that are there, and those that are skipped. */
  days: z.array(seriesDay),
  skipped: z.array(skipped),
});
export const changedSeries = z.strictObject({ series: seriesWithDays, agreements: lossView });

const page = { after: z.uuid("Use the `next` of the page before.").optional() };
export const seriesQuery = z.strictObject({ ...page, limit: z.coerce.number().int().min(1).max(200).default(50) });
export const seriesPage = z.strictObject({ items: z.array(seriesView), next: z.string().nullable() });
export const endSeriesQuery = z.strictObject({
  confirmBreaking: z
    .enum(["true", "false"])
    .transform((text) => text === "true")
    .default(false),
});

export const closureBody = z.strictObject({ date, confirmBreaking: z.boolean().default(false) });
export const closureParams = z.strictObject({ date });
export const closedView = z.strictObject({ date: z.string(), withdrawn: z.int(), agreements: lossView });
export const closureList = z.strictObject({ items: z.array(z.strictObject({ date: z.string() })) });
