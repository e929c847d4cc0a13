import { z } from "zod";
import { postRequestBody, priorities } from "../requests/index.ts";
import { REASON_CODES } from "./solver/index.ts";

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

/** Practices by count; their names are for brokers alone (P3). */
const counted = {
  count: whole,
  practices: z.array(z.strictObject({ code: z.string(), name: z.string() })).optional(),
};

export const whyView = z.strictObject({
  reference: z.string(),
  /** When this was true. */
  at: z.iso.datetime(),
  isPaused: z.boolean(),
  lines: z.array(
    z.strictObject({
      line: z.int().min(1),
      service: z.string(),
      /** Needs that still look for cover; the rest of the line says nothing where there are none. */
      looking: whole,
      /** How its most urgent need is asked for: the group's cover plan, or the default. Waits in minutes. */
      asking: z.strictObject({
        priority: z.enum(priorities),
        waits: z.strictObject({ buddies: whole, pcn: whole, group: whole }),
        breadth: whole,
        calls: whole,
        words: z.array(z.string()),
      }),
      asked: z.strictObject(counted),
      /** Keep every rule and are not asked: the needs have their places already, or the next plan asks them. */
      withRoom: z.strictObject(counted),
      /** By the first rule that fails, the commonest first. */
      notAsked: z.array(z.strictObject({ reason: z.enum(REASON_CODES), words: z.string(), ...counted })),
    }),
  ),
});
export type WhyView = z.output<typeof whyView>;

export const clinicWhyView = z.strictObject({
  clinicId: z.uuid(),
  at: z.iso.datetime(),
  /** Whether times of it are out with requests now. */
  isOffered: z.boolean(),
  /** What decides it, the most decisive first. `count` is of appointments, where it is about appointments. */
  findings: z.array(z.strictObject({ code: z.string(), count: whole.nullable(), words: z.string() })),
});
export type ClinicWhyView = z.output<typeof clinicWhyView>;

export const helpView = z.strictObject({
  reference: z.string(),
  isPaused: z.boolean(),
  lines: z.array(
    z.strictObject({
      line: z.int().min(1),
      service: z.string(),
      looking: whole,
      /** Needs for which a plan of the group finds no published time. */
      uncovered: whole,
      /** What helps most first; empty where nothing does or nothing is needed. */
      helps: z.array(
        z.strictObject({
          kind: z.enum(["distance", "later", "requirement", "minutes", "slots"]),
          /** Needs of the request that a plan covers more with the change made. */
          covers: z.int().min(1),
          words: z.string(),
          /** distance: the `maxKm` it takes. */
          maxKm: whole.optional(),
          /** later: the new due-by. slots: before when. */
          dueBy: z.iso.datetime().optional(),
          /** requirement: what would be given up. */
          without: z.array(z.string()).readonly().optional(),
          /** minutes: the shorter appointment. slots: how long each. */
          minutes: whole.optional(),
          slots: whole.optional(),
        }),
      ),
    }),
  ),
});
export type HelpView = z.output<typeof helpView>;
