import { z } from "zod";

/** Why an agreement was cancelled: codes only (rule P1). */
export const cancelCodes = [
  "not-needed",
  "staff-absence",
  "clinic-cancelled",
  "slot-gone",
  "premises",
  "it-outage",
  "stock",
  "mistake",
  "other",
] as const;

export const handoverSteps = [
  "agreed",
  "blocked",
  "passed",
  "booked",
  "told",
  "attended",
  "dna",
  "not-done",
  "cancelled",
] as const;

export const cancelBody = z.strictObject({
  code: z.enum(cancelCodes),
  /** Whether the patient still needs the appointment: then the need is looked after again. */
  stillNeeded: z.boolean(),
});

export const agreementView = z.object({
  id: z.uuid(),
  reference: z.string(),
  ref: z.string(),
  service: z.string(),
  side: z.enum(["home", "supporting", "broker"]),
  homeCode: z.string(),
  homeName: z.string(),
  supportingCode: z.string(),
  supportingName: z.string(),
  siteName: z.string(),
  startsAt: z.iso.datetime(),
  endsAt: z.iso.datetime(),
  step: z.enum(handoverSteps),
  isLive: z.boolean(),
  offerId: z.uuid().nullable(),
  cancelledBySide: z.enum(["home", "supporting", "broker"]).nullable(),
  cancelCode: z.string().nullable(),
});
export type AgreementView = z.output<typeof agreementView>;

export const agreementPage = z.object({ items: z.array(agreementView), next: z.string().nullable() });

export const agreementQuery = z.strictObject({
  /** Only one request's, by its reference. */
  reference: z.string().max(12).optional(),
  live: z.enum(["true", "false"]).optional(),
  after: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export const agreementParams = z.strictObject({ id: z.uuid("This is not the id of an agreement.") });
