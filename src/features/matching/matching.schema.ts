import { z } from "zod";
import { postRequestBody } from "../requests/index.ts";

const whole = z.int().min(0);

/** What could be posted, with or without the reason: only what decides who could help. */
export const whatIfBody = postRequestBody.partial({ reason: true });

export const whatIfView = z.strictObject({
  wanted: whole,
  /** By times that neighbours have published, also those whose desks are closed just now. */
  couldBeCovered: whole,
  /** The part of these that would be agreed at once: firm times, if `takeFirm`. */
  atOnce: whole,
  practicesWithRoom: whole,
  /** Practices that could be asked for times, whatever they have published. */
  callable: whole,
  /** Straight line to the farthest practice that would be used. */
  farthestKm: z.number().nullable(),
  /** London days, with how many would be seen on each. */
  byDay: z.array(z.strictObject({ date: z.iso.date(), count: whole })),
  lines: z.array(z.strictObject({ line: z.int().min(1), wanted: whole, couldBeCovered: whole })),
  words: z.array(z.string()),
});
