import { z } from "zod";
import { brokerCodes } from "../requests/index.ts";

export const offerStates = ["waiting", "accepted", "part-accepted", "declined", "lapsed", "stood-down"] as const;
export type OfferState = (typeof offerStates)[number];

/** Why a desk says no (rule O3): codes, never text, and no judgement (O7). */
export const declineCodes = ["capacity", "staff", "stock", "not-suitable", "distance", "other"] as const;

export const acceptBody = z.strictObject({
  /** The ticked times: ids of slots of this offer. Left out: all of them. The system assigns the needs. */
  slots: z.array(z.uuid("This is not the id of a slot.")).min(1, "Tick at least one time.").max(240).optional(),
});

export const declineBody = z.strictObject({ code: z.enum(declineCodes) });

export const proposeBody = z.strictObject({
  /** `count` appointments one after another from `start`, each as long as the needs of the offer. */
  times: z
    .array(z.strictObject({ start: z.iso.datetime({ offset: true }), count: z.number().int().min(1).max(60) }))
    .min(1, "Give at least one time.")
    .max(60),
});

export const offerNeedView = z.object({
  ref: z.string(),
  service: z.string(),
  minutes: z.number(),
  channel: z.string(),
  requires: z.array(z.string()),
  earliest: z.iso.datetime(),
  dueBy: z.iso.datetime(),
  isLive: z.boolean(),
});

export const offerSlotView = z.object({
  id: z.uuid(),
  ref: z.string(),
  startsAt: z.iso.datetime(),
  endsAt: z.iso.datetime(),
  siteName: z.string(),
  isLive: z.boolean(),
});

export const offerView = z.object({
  id: z.uuid(),
  reference: z.string(),
  kind: z.enum(["slots", "call"]),
  awaiting: z.enum(["supporting", "home"]),
  state: z.enum(offerStates),
  priority: z.enum(["routine", "urgent", "asap"]),
  homeCode: z.string(),
  homeName: z.string(),
  supportingCode: z.string(),
  supportingName: z.string(),
  km: z.number(),
  ring: z.number(),
  /** Why this practice, ready to show (rule M6). */
  reasons: z.array(z.string()),
  expiresAt: z.iso.datetime(),
  extendedAt: z.iso.datetime().nullable(),
  /** The federation asked the desk to look again. */
  nudgedAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
  answeredAt: z.iso.datetime().nullable(),
  declineCode: z.string().nullable(),
  version: z.number(),
  needs: z.array(offerNeedView),
  slots: z.array(offerSlotView),
});
export type OfferView = z.output<typeof offerView>;

export const offerPage = z.object({ items: z.array(offerView), next: z.string().nullable() });

const whole = z.number().int();

export const requestOffers = z.object({
  asked: z.object({ waiting: whole, accepted: whole, declined: whole, lapsed: whole, stoodDown: whole }),
  /** Those that the reader may see by name. */
  items: z.array(offerView),
});
export type RequestOffers = z.output<typeof requestOffers>;

export const offerQuery = z.strictObject({
  /** `me`: only what waits for an answer of your organisation. */
  awaiting: z.enum(["me"]).optional(),
  state: z.enum(offerStates).optional(),
  after: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export const offerParams = z.strictObject({ id: z.uuid("This is not the id of an offer.") });

/** What an answer came to. `agreed` are needs with their times; `stillWanted` counts needs of the request that still look. */
export const answerView = z.object({
  state: z.enum(offerStates),
  agreed: z.array(z.object({ id: z.uuid(), ref: z.string(), startsAt: z.iso.datetime(), endsAt: z.iso.datetime() })),
  stillWanted: z.number(),
});
export type AnswerView = z.output<typeof answerView>;

export const proposalView = answerView.extend({
  /** Set where the times answer an offer of other slots: the new offer, which waits for home. */
  newOfferId: z.uuid().nullable(),
  /** Times that nobody needed any more. */
  notUsed: z.array(z.iso.datetime()),
});
export type ProposalView = z.output<typeof proposalView>;

export const nudgeBody = z.strictObject({ reason: z.enum(brokerCodes) });

export const assignBody = z.strictObject({
  reason: z.enum(brokerCodes),
  /** Ids of free slots. The system assigns the needs. */
  slots: z.array(z.uuid("This is not the id of a slot.")).min(1, "Tick at least one time.").max(60),
});

export const assignedView = z.object({
  agreed: z.array(z.object({ ref: z.string(), supportingCode: z.string(), startsAt: z.iso.datetime() })),
  stillLooking: whole,
});

export const freeTimesView = z.object({
  items: z.array(
    z.object({
      slotId: z.uuid(),
      supportingCode: z.string(),
      supportingName: z.string(),
      km: z.number(),
      startsAt: z.iso.datetime(),
      endsAt: z.iso.datetime(),
    }),
  ),
});
