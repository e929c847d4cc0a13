import { z } from "zod";
import { holdsNhsNumber } from "../privacy/index.ts";

export const webhookStates = ["active", "paused", "disabled"] as const;
/** dead: no success for five days. gone: the receiver answered 410. */
export const webhookEndReasons = ["dead", "gone"] as const;

/** An address without credentials and fragment: the first would be kept, the second is never sent. */
export const webhookUrl = z
  .string()
  .trim()
  .max(500, "Use at most 500 characters.")
  .refine(
    (text) => URL.canParse(text) && ["https:", "http:"].includes(new URL(text).protocol),
    "Enter an address such as https://tools.example.org/covershare",
  )
  .refine((text) => {
    if (!URL.canParse(text)) return true;
    const { username, password, hash } = new URL(text);
    return username === "" && password === "" && hash === "";
  }, "Leave out user name, password and anything after #.")
  .refine(
    (text) => !holdsNhsNumber(text),
    "This looks like an NHS number. Covershare never holds one: use another address.",
  );

const types = z.array(z.string().max(64)).max(100);

export const webhookBody = z.strictObject({
  url: webhookUrl,
  /** Types of events to send, as the stream names them; none is all. */
  types: types.default([]),
});
export type WebhookBody = z.output<typeof webhookBody>;

export const webhookPatch = z
  .strictObject({ url: webhookUrl.optional(), types: types.optional(), isActive: z.boolean().optional() })
  .refine((patch) => Object.keys(patch).length > 0, "Say what changes.");
export type WebhookPatch = z.output<typeof webhookPatch>;

export const webhookView = z.strictObject({
  id: z.uuid(),
  url: z.string(),
  types: z.array(z.string()),
  state: z.enum(webhookStates),
  endReason: z.enum(webhookEndReasons).nullable(),
  /** Everything up to here has been delivered or was not asked for. */
  afterOffset: z.int(),
  /** The last offset of the organisation's log: what lies between is still to come. */
  lastOffset: z.int(),
  failures: z.int(),
  failingSince: z.iso.datetime().nullable(),
  /** When a message that failed is tried again. */
  nextTryAt: z.iso.datetime().nullable(),
  /** Until then both the new and the former secret sign. */
  rotatingUntil: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
  version: z.int(),
});
export type WebhookView = z.output<typeof webhookView>;

/** With the secret, which is shown this once. */
export const webhookWithSecret = webhookView.extend({ secret: z.string() });
export type WebhookWithSecret = z.output<typeof webhookWithSecret>;

export const webhookParams = z.strictObject({ id: z.uuid("This is not the id of a webhook.") });
export const messageParams = webhookParams.extend({
  offset: z.coerce
    .number()
    .int()
    .min(1)
    .max(2 ** 53 - 1),
});

/** `after: 41` sends 42 and what follows (again); a later offset skips what lies before it. */
export const replayBody = z.strictObject({
  after: z.int("Enter the number of a message.").min(0, "Enter the number of a message."),
});

export const sentView = z.strictObject({
  isDelivered: z.boolean(),
  /** What the receiver answered; null where no answer came, and then `problem` says why. */
  status: z.int().nullable(),
  problem: z.string().nullable(),
  ms: z.int(),
});
export type SentView = z.output<typeof sentView>;

export const deliveryView = z.strictObject({
  id: z.uuid(),
  kind: z.enum(["event", "resend", "test", "reset"]),
  messageId: z.string(),
  offset: z.int().nullable(),
  type: z.string(),
  state: z.enum(["delivered", "failed"]),
  tries: z.int(),
  status: z.int().nullable(),
  problem: z.string().nullable(),
  ms: z.int(),
  lastAt: z.iso.datetime(),
});
export type DeliveryView = z.output<typeof deliveryView>;

export const deliveryQuery = z.strictObject({
  state: z.enum(["delivered", "failed"]).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
