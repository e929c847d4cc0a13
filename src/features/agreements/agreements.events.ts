import { z } from "zod";
import { defineEvent } from "../../platform/event-log/event-contract.ts";
import { handoverSteps } from "./agreements.schema.ts";
import { owedNext } from "./handover.rules.ts";
import { taskKinds, taskWhys } from "./tasks.schema.ts";

const one = z.object({
  id: z.string(),
  ref: z.string(),
  startsAt: z.iso.datetime(),
  endsAt: z.iso.datetime(),
});

/** To home, to the supporting practice and to the group's brokers. */
export const agreementMade = defineEvent({
  type: "agreement.made",
  summary: "Needs of one request were agreed with one supporting practice; each has its time.",
  data: z.object({
    reference: z.string(),
    offerId: z.string().nullable(),
    homeCode: z.string(),
    supportingCode: z.string(),
    agreements: z.array(one),
  }),
});

export const agreementMoved = defineEvent({
  type: "agreement.moved",
  summary: "The slot of an agreement has gone; another time of the same clinic took its place.",
  data: z.object({
    reference: z.string(),
    agreement: one,
    before: z.iso.datetime(),
    /** Where it stands now: what was blocked, booked and told holds for the old time only. */
    step: z.enum(handoverSteps),
    /** The patient was told the old time: home must ring her. */
    ringPatient: z.boolean(),
  }),
});

export const agreementCancelled = defineEvent({
  type: "agreement.cancelled",
  summary: "An agreement was cancelled. `needState` says what became of the need.",
  data: z.object({
    reference: z.string(),
    agreement: one,
    bySide: z.enum(["home", "supporting", "broker"]),
    code: z.string(),
    needState: z.string(),
    ringPatient: z.boolean(),
  }),
});

/** To home, to the supporting practice and to the brokers: one message however many were ticked between the two. */
export const agreementStepped = defineEvent({
  type: "agreement.stepped",
  summary:
    "Agreements between two practices walked a step of the handover, or their last step was taken back (H1). `owedNext` says what home owes its patient after an outcome.",
  data: z.object({
    homeCode: z.string(),
    supportingCode: z.string(),
    bySide: z.enum(["home", "supporting", "broker"]),
    wasUndone: z.boolean(),
    agreements: z.array(
      z.object({
        id: z.string(),
        reference: z.string(),
        ref: z.string(),
        step: z.enum(handoverSteps),
        owedNext: z.enum(owedNext),
      }),
    ),
  }),
});

/** To home and the brokers. */
export const releaseDue = defineEvent({
  type: "agreement.release-due",
  summary: "Details of these agreements are not passed on yet: by `releaseAt` their times go back (H4).",
  data: z.object({
    reference: z.string(),
    homeCode: z.string(),
    supportingCode: z.string(),
    agreements: z.array(one.extend({ releaseAt: z.iso.datetime(), canExtend: z.boolean() })),
  }),
});

/** To home and the brokers. */
export const releaseExtended = defineEvent({
  type: "agreement.release-extended",
  summary: "Home asked for more time to pass the details on (H4).",
  data: z.object({ reference: z.string(), agreement: one, releaseAt: z.iso.datetime() }),
});

/** To the supporting practice. */
export const agreementTally = defineEvent({
  type: "agreement.tally",
  summary:
    "What became of the times that your practice gave for one request: used, still ahead, given back, not used (H4). Thank you.",
  data: z.object({
    reference: z.string(),
    homeCode: z.string(),
    used: z.int(),
    ahead: z.int(),
    givenBack: z.int(),
    notUsed: z.int(),
  }),
});

const swapped = one.extend({
  reference: z.string(),
  before: z.iso.datetime(),
  step: z.enum(handoverSteps),
  ringPatient: z.boolean(),
});

/** To home, to the supporting practice and to the brokers. */
export const agreementSwapped = defineEvent({
  type: "agreement.swapped",
  summary: "Home swapped the times of two agreements at one place (H5). `ringPatient`: she was told the other time.",
  data: z.object({ homeCode: z.string(), supportingCode: z.string(), agreements: z.array(swapped).length(2) }),
});

/** To the owner of the step and the brokers. */
export const stepLate = defineEvent({
  type: "agreement.step-late",
  summary:
    "The next step of these agreements is late (H1): `owner` owes it. Of *passed* with a release-by, `agreement.release-due` says so instead.",
  data: z.object({
    reference: z.string(),
    homeCode: z.string(),
    supportingCode: z.string(),
    owner: z.enum(["home", "supporting"]),
    owes: z.enum(["blocked", "passed", "booked", "told", "outcome"]),
    agreements: z.array(one),
  }),
});

const task = z.object({
  id: z.string(),
  kind: z.enum(taskKinds),
  why: z.enum(taskWhys),
  reference: z.string(),
  ref: z.string(),
  agreementId: z.string(),
  homeCode: z.string(),
  supportingCode: z.string(),
  /** The time that the patient was told. */
  before: z.iso.datetime(),
  /** The time that took its place; null: none did. */
  after: z.iso.datetime().nullable(),
});

/** To home and the brokers; sent again with the same id where the time changes once more before anybody has rung. */
export const taskMade = defineEvent({
  type: "task.made",
  summary: "Home must ring a patient, or decide what is next for her (C4, H1), and acknowledge that it knows.",
  data: task,
});

/** To home and the brokers. */
export const taskEnded = defineEvent({
  type: "task.ended",
  summary: "A person of the home practice acknowledged a task, or what it was about was taken back.",
  data: task.extend({ acknowledgedAs: z.string().nullable() }),
});

export const agreementEvents = [
  agreementMade,
  agreementMoved,
  agreementCancelled,
  agreementStepped,
  releaseDue,
  releaseExtended,
  agreementTally,
  agreementSwapped,
  stepLate,
  taskMade,
  taskEnded,
];
