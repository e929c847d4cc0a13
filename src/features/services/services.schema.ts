import { z } from "zod";
import { plainText } from "../privacy/index.ts";
import { requirementListSchema } from "./requirements.schema.ts";

/** Who does a service. Kinds of clinician, never people. */
export const performers = [
  "nurse",
  "hca",
  "phlebotomist",
  "gp",
  "advanced-practitioner",
  "pharmacist",
  "physiotherapist",
  "link-worker",
  "mental-health-practitioner",
] as const;
export type Performer = (typeof performers)[number];

export const serviceCodeSchema = z
  .string()
  .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, "A service code is lower case, for example wound-simple.")
  .max(40);

/** What an admin sets of a service, whole: PUT replaces it. */
export const serviceInputSchema = z.strictObject({
  name: plainText(80),
  /** Minutes of one appointment unless a need says otherwise. */
  defaultMinutes: z.int().min(5).max(120),
  performers: z.array(z.enum(performers)).min(1).max(performers.length),
  /** What it always requires of a place. */
  requires: requirementListSchema,
  /** What home prepares before handing over (H2), in order. */
  handoverChecklist: z.array(plainText(160)).max(10),
  isSharedByDefault: z.boolean(),
  /** Matched as this service (R5); null: as itself. */
  matchedAs: serviceCodeSchema.nullable(),
  isActive: z.boolean(),
});
export type ServiceInput = z.output<typeof serviceInputSchema>;

export const serviceSchema = z.strictObject({
  code: z.string(),
  name: z.string(),
  defaultMinutes: z.int(),
  performers: z.array(z.string()),
  requires: z.array(z.string()),
  handoverChecklist: z.array(z.string()),
  isSharedByDefault: z.boolean(),
  matchedAs: z.string().nullable(),
  isActive: z.boolean(),
});
export type Service = z.output<typeof serviceSchema>;

/** Reference data of the form: the catalogue and the vocabulary that goes with it. */
export const serviceListSchema = z.strictObject({
  items: z.array(serviceSchema),
  requirements: z.array(z.strictObject({ code: z.string(), name: z.string() })),
});
