import { z } from "zod";
import { defineEvent } from "../../platform/event-log/event-contract.ts";

export const mailboxChanged = defineEvent({
  type: "mailbox.changed",
  summary:
    "An organisation's shared mailbox works, does not take messages any more, or waits to be confirmed. Sent to itself, and to the brokers of its sharing group.",
  data: z.strictObject({ organisationCode: z.string(), state: z.enum(["works", "failing", "unconfirmed"]) }),
});

export const reachEvents = [mailboxChanged] as const;
