import { z } from "zod";
import { owedNext, walkedSteps, whyNots, whyNotUndone } from "./handover.rules.ts";

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

/** A step that is owed now, by whom and by when (rule H1). */
export const owedStep = z.object({
  step: z.enum(["blocked", "passed", "booked", "told", "outcome"]),
  owner: z.enum(["home", "supporting"]),
  /** When it is late; of `passed` the release-by where there is one: then the time goes back. Null: no clock runs. */
  dueBy: z.iso.datetime().nullable(),
  /** Its owner was chased, or warned of the release-by. */
  isLate: z.boolean(),
});
export type OwedStep = z.output<typeof owedStep>;

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
  /** What is to be done next. While the time is not blocked home may pass the details on already, so two may be owed. */
  owed: z.array(owedStep),
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

const many = z.array(z.uuid("This is not the id of an agreement.")).min(1).max(200);

/** One step of the handover for many agreements at once (rule H1). */
export const stepsBody = z.strictObject({
  step: z.enum(walkedSteps),
  agreements: many,
  /** Of not-done only: whether the patient still needs the appointment. */
  stillNeeded: z.boolean().default(true),
});
export const undoBody = z.strictObject({ agreements: many });

const answerOf = <W extends readonly string[]>(whyNot: W) =>
  z.object({
    items: z.array(
      z.object({
        id: z.uuid(),
        /** Where the agreement stands now; null for one that does not exist or is not yours. */
        step: z.enum(handoverSteps).nullable(),
        changed: z.boolean(),
        /** Why nothing was changed; null also where it stood there already. */
        whyNot: z.enum(whyNot).nullable(),
        owedNext: z.enum(owedNext),
      }),
    ),
  });

export const stepsAnswer = answerOf(whyNots);
export type StepsAnswer = z.output<typeof stepsAnswer>;
export const undoAnswer = answerOf(whyNotUndone);
export type UndoAnswer = z.output<typeof undoAnswer>;

/** Why a patient said no (rules.md, "A patient's no"). */
export const patientNoCodes = ["too-far", "time", "wants-own-practice", "not-reached"] as const;
export const patientNoBody = z.strictObject({ code: z.enum(patientNoCodes) });

export const swapBody = z.strictObject({
  a: z.uuid("This is not the id of an agreement."),
  b: z.uuid("This is not the id of an agreement."),
});
export const swapAnswer = z.object({
  items: z.array(
    z.object({ id: z.uuid(), startsAt: z.iso.datetime(), endsAt: z.iso.datetime(), step: z.enum(handoverSteps) }),
  ),
});
export type SwapAnswer = z.output<typeof swapAnswer>;

/** One agreement with what its handover needs (rules H1, H2, H4). */
export const agreementDetail = agreementView.extend({
  /** What home prepares before it hands over, in order: of the service. */
  checklist: z.array(z.string()),
  /** The steps that the reader may tick now. */
  nextSteps: z.array(z.enum(walkedSteps)),
  /** Not passed on by then, the time goes back; null: nothing takes it away. */
  releaseAt: z.iso.datetime().nullable(),
  canExtendRelease: z.boolean(),
  steps: z.array(
    z.object({
      step: z.enum(handoverSteps),
      at: z.iso.datetime(),
      organisationCode: z.string(),
      undoneAt: z.iso.datetime().nullable(),
    }),
  ),
});
export type AgreementDetail = z.output<typeof agreementDetail>;
