import { z } from "zod";
import { priorities } from "../requests/index.ts";

export const openLine = z.object({
  reference: z.string(),
  homeName: z.string(),
  priority: z.enum(priorities),
  service: z.string(),
  minutes: z.number(),
  dueBy: z.coerce.date(),
  /** Needs that nobody has taken. */
  refs: z.array(z.string()),
  /** Who has been asked and has not answered. */
  asked: z.array(z.string()),
});
export type OpenLine = z.output<typeof openLine>;

export const agreedNeed = z.object({
  reference: z.string(),
  ref: z.string(),
  homeName: z.string(),
  supportingName: z.string(),
  service: z.string(),
  startsAt: z.coerce.date(),
  step: z.string(),
});
export type AgreedNeed = z.output<typeof agreedNeed>;

export const deskNumber = z.object({ name: z.string(), kind: z.string(), phone: z.string().nullable() });
export type DeskNumber = z.output<typeof deskNumber>;
