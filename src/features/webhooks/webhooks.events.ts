import { z } from "zod";
import { defineEvent } from "../../platform/event-log/event-contract.ts";
import { webhookEndReasons } from "./webhooks.schema.ts";

/** To the organisation that it belongs to. */
export const webhookDisabled = defineEvent({
  type: "webhook.disabled",
  summary:
    "A webhook of your organisation gets nothing more: it failed for five days (dead), or its receiver answered 410 (gone). A manager can switch it on again; it goes on after `afterOffset`.",
  data: z.strictObject({ webhookId: z.uuid(), reason: z.enum(webhookEndReasons), afterOffset: z.int() }),
});

export const webhookEvents = [webhookDisabled] as const;
