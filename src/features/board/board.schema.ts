import { z } from "zod";
import { priorities } from "../requests/index.ts";

/** What can break (F1), by who has to be rung about it. */
export const riskKinds = [
  "uncovered",
  "returned",
  "ring-patient",
  "silent",
  "unanswered",
  "not-blocked",
  "not-told",
] as const;
export type RiskKind = (typeof riskKinds)[number];

export const risk = z.object({
  kind: z.enum(riskKinds),
  reference: z.string(),
  /** How many needs it is about. */
  needs: z.number(),
  services: z.array(z.string()),
  priority: z.enum(priorities),
  homeName: z.string(),
  /** The desk to ring, and the number that rings there. */
  deskName: z.string(),
  phone: z.string().nullable(),
  /** When it breaks: due-by, answer-by or start. */
  at: z.coerce.date(),
});
export type Risk = z.output<typeof risk>;

/** Up to when what is due or starts is looked at. */
export interface Horizons {
  readonly common: Date;
  /** Of desks whose own opening hours say otherwise, by code. */
  readonly own: ReadonlyMap<string, Date>;
}
