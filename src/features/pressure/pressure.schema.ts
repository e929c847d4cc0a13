import { z } from "zod";
import { organisationCodeSchema } from "../practices/index.ts";
import { levels } from "./pressure.rules.ts";

const instant = z.iso.datetime();
const until = z.iso.datetime({ offset: true, error: "Use an instant such as 2026-12-22T18:00:00Z." });

export const pressureBody = z.strictObject({
  /** OPEL 1–4; null: no state any more. */
  level: z.literal(levels, "Choose OPEL 1, 2, 3 or 4.").nullable(),
  /** At most a week ahead. Without it: the end of the desk's day. */
  until: until.optional(),
});
export type PressureBody = z.output<typeof pressureBody>;

export const pressureView = z.strictObject({
  organisationCode: z.string(),
  name: z.string(),
  level: z.literal(levels).nullable(),
  declaredAt: instant.nullable(),
  expiresAt: instant.nullable(),
  /** A broker has paused asking this practice; why, and until when. */
  paused: z.strictObject({ reason: z.string(), since: instant, until: instant.nullable() }).nullable(),
  /** Whether either keeps it from being asked. */
  isNotAsked: z.boolean(),
});
export type PressureView = z.output<typeof pressureView>;

/** One's own; for a broker every practice of the group that has a state or is paused. */
export const pressureList = z.strictObject({ items: z.array(pressureView) });

export const pausePracticeCodes = ["practice-asked", "unreachable", "incident", "safety", "resolved", "other"] as const;
export type PausePracticeCode = (typeof pausePracticeCodes)[number];

const reason = z.enum(pausePracticeCodes, "Choose why.");
export const pausePracticeBody = z.strictObject({ reason, until: until.optional() });
export const resumePracticeBody = z.strictObject({ reason });
export const practiceParams = z.strictObject({ code: organisationCodeSchema });
