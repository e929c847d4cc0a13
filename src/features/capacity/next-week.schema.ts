import { z } from "zod";
import { dateSchema } from "../calendar/index.ts";

/** "Same clinics next week?": this week's clinics, and what each would be a week later. */
export const nextWeekView = z.strictObject({
  /** The Monday of this week: an answer names it, so that one of last week's is not taken for this week's. */
  weekOf: z.string(),
  /** What somebody here has answered already; null: nothing yet. */
  answer: z.enum(["yes", "change"]).nullable(),
  clinics: z.array(
    z.strictObject({
      /** Of this week's clinic. */
      id: z.uuid(),
      siteName: z.string(),
      services: z.array(z.string()),
      lane: z.string().nullable(),
      pledge: z.enum(["firm", "ask"]),
      /** Next week's. */
      startsAt: z.iso.datetime(),
      endsAt: z.iso.datetime(),
      slots: z.int(),
      /** open: *yes* publishes it. there: published already. skipped: a day off, and `says` which. ended: its weekly clinic does not go on. lane-taken: its clinician has another clinic then. */
      next: z.enum(["open", "there", "skipped", "ended", "lane-taken"]),
      says: z.string().nullable(),
    }),
  ),
});
export type NextWeekView = z.output<typeof nextWeekView>;

/** *Yes*, all that can be or these of them; or *change*: somebody looks after next week by hand. */
export const nextWeekAnswer = z.discriminatedUnion("answer", [
  z.strictObject({
    answer: z.literal("yes"),
    weekOf: dateSchema,
    clinics: z.array(z.uuid("This is not the id of a clinic.")).max(500).optional(),
  }),
  z.strictObject({ answer: z.literal("change"), weekOf: dateSchema }),
]);
