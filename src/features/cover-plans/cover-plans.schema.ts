import { z } from "zod";
import { serviceCodeSchema } from "../services/index.ts";

/** The rings by which asking widens (A3), in their order. */
export const rings = ["buddies", "pcn", "group"] as const;

const whole = (least: number, most: number, what: string) =>
  z
    .int(`Enter ${what} as a whole number.`)
    .min(least, `Enter ${what}, at least ${least}.`)
    .max(most, `Enter ${what}, at most ${most}.`);

/**
 * How needs of one priority are asked for. Limits are those within which asking still works: a wait that ends before a desk
 * can look, or after whole days, helps nobody, and a need that waits with more than six practices disturbs five in vain.
 */
const asking = (shortest: number, longest: number) => {
  const wait = whole(shortest, longest, "minutes");
  return z.strictObject({
    /** Minutes without an answer until the next ring opens: of the clock for asap, of home's opening hours otherwise. */
    waits: z.strictObject({ buddies: wait, pcn: wait, group: wait }),
    /** With how many practices a need may wait at once (A2). */
    breadth: whole(1, 6, "how many practices"),
    /** How many practices are called in each ring for what no published time covers (A4). 0: nobody is. */
    calls: whole(0, 12, "how many practices"),
  });
};
export type Asking = z.output<ReturnType<typeof asking>>;

/** An open day has 630 minutes. */
export const planSchema = z.strictObject({
  routine: asking(15, 3_150),
  urgent: asking(5, 1_260),
  asap: asking(5, 240),
});
export type Plan = z.output<typeof planSchema>;

/** Stands for every service that has no plan of its own. */
export const ALL_SERVICES = "all";

export const coverPlanParams = z.strictObject({
  /** The code of a service, or `all`: every service that has no plan of its own. */
  service: z.union([z.literal(ALL_SERVICES), serviceCodeSchema]),
});

/** Null: back to the default. */
export const coverPlanBody = z.strictObject({ plan: planSchema.nullable() });

export const coverPlanView = z.strictObject({
  service: z.string(),
  name: z.string(),
  /** What applies to it. */
  plan: planSchema,
  /** Where that comes from: a plan of its own, the one of all services, or what Covershare does by itself. */
  from: z.enum(["own", "all", "default"]),
  /** 0: it has never had a plan of its own. */
  version: z.int(),
  changedAt: z.iso.datetime().nullable(),
});
export type CoverPlanView = z.output<typeof coverPlanView>;

export const coverPlansAnswer = z.strictObject({
  /** All services first, then each service in use by name. */
  items: z.array(coverPlanView),
  default: planSchema,
  /** The default with a shorter wait for routine needs, for a holiday rush: to be put as it is, or its waits with other numbers. */
  rush: planSchema,
});
