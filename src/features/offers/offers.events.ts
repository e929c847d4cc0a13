import { z } from "zod";
import { defineEvent } from "../../platform/event-log/event-contract.ts";
import { offerStates } from "./offers.schema.ts";

/** To the side that has to answer, and to the group's brokers. */
export const offerMade = defineEvent({
  type: "offer.made",
  summary: "An offer waits for an answer: these times, or a call for times.",
  data: z.object({
    offerId: z.string(),
    reference: z.string(),
    kind: z.enum(["slots", "call"]),
    awaiting: z.enum(["supporting", "home"]),
    priority: z.enum(["routine", "urgent", "asap"]),
    homeCode: z.string(),
    supportingCode: z.string(),
    km: z.number(),
    needs: z.number(),
    slots: z.array(z.object({ id: z.string(), startsAt: z.iso.datetime() })),
    reasons: z.array(z.string()),
    expiresAt: z.iso.datetime(),
  }),
});

export const offerChanged = defineEvent({
  type: "offer.changed",
  summary:
    "An offer was answered, extended, shrank or ended. `stood-down` means: no longer needed, thank you. `needs` are those it still asks for.",
  data: z.object({
    offerId: z.string(),
    reference: z.string(),
    state: z.enum(offerStates),
    needs: z.number(),
    expiresAt: z.iso.datetime(),
  }),
});

/** To the desk that has to answer, and to the group's brokers. */
export const offerNudged = defineEvent({
  type: "offer.nudged",
  summary: "The federation asks a desk to look again at an offer that waits. Nothing about the offer has changed.",
  data: z.object({ offerId: z.string(), reference: z.string(), expiresAt: z.iso.datetime() }),
});

export const offerEvents = [offerMade, offerChanged, offerNudged];
