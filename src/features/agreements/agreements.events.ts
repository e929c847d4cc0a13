import { z } from "zod";
import { defineEvent } from "../../platform/event-log/event-contract.ts";

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

export const agreementEvents = [agreementMade, agreementMoved, agreementCancelled];
