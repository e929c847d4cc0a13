import { z } from "zod";

const time = z.string().regex(/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/, "Write a time as HH:MM, for example 08:30.");

/** One weekday's hours as they come in: 1 Monday … 7 Sunday, Europe/London wall time. */
export const openingHoursSchema = z
  .strictObject({ weekday: z.int().min(1).max(7), opens: time, closes: time })
  // As text: zod goes on to this check when a time is malformed, and HH:MM sorts as time does.
  .refine(({ opens, closes }) => opens < closes, "It must open before it closes.");

/** A site's week: at least one open stretch, at most four a day. */
export const openingWeekSchema = z
  .array(openingHoursSchema)
  .min(1, "Give at least one day on which the desk is open.")
  .max(28);

/** A calendar day, `YYYY-MM-DD`, that exists. */
export const dateSchema = z.iso.date("Write a date as YYYY-MM-DD.");
