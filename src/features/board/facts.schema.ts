import { z } from "zod";
import { priorities } from "../requests/index.ts";

const count = z.number();

/** A request with all that the broker counts. */
export const fact = z.object({
  reference: z.string(),
  homeCode: z.string(),
  homeName: z.string(),
  priority: z.enum(priorities),
  postedAt: z.coerce.date(),
  isPaused: z.boolean(),
  /** One a line: service, due-by, and how many of its needs look, are agreed, booked, told or came back. */
  lines: z.array(z.tuple([z.string(), z.coerce.date(), count, count, count, count, count])),
  /** Codes of the practices that are being asked, one for each offer. */
  asked: z.array(z.string()),
  /** Codes of the practices that give, one for each agreement. */
  giving: z.array(z.string()),
  /** Until the first practice was asked or had agreed; null: not yet. */
  firstMinutes: z.number().nullable(),
  /** Until the last need was agreed; null: some still look, or came back. */
  fullMinutes: z.number().nullable(),
});
export type Fact = z.output<typeof fact>;

/** An organisation on the map; degrees, null where they are not known. */
export const place = z.object({
  code: z.string(),
  name: z.string(),
  lat: z.number().nullable(),
  lon: z.number().nullable(),
});
export type Place = z.output<typeof place>;
