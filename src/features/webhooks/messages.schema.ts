import { z } from "zod";
import type { EventContract } from "../../platform/event-log/event-contract.ts";

/** One kind of message that a webhook may bring, for OpenAPI. */
export interface DescribedMessage {
  readonly name: string;
  readonly summary: string;
  readonly body: z.ZodType;
}

const envelope = (type: string, data: z.ZodType) =>
  z.object({
    type: z.literal(type),
    /** When it happened, not when it is sent: that is the header webhook-timestamp. */
    timestamp: z.iso.datetime(),
    organisation: z.string(),
    data,
  });

const offset = z.int();

/** Every message that a receiver may get: the events of the log, and the two that are about the webhook itself. */
export const describeMessages = (contracts: readonly EventContract[]): DescribedMessage[] => [
  ...contracts.map(({ type, summary, data }) => ({
    name: type,
    summary,
    body: envelope(type, data).extend({ offset }),
  })),
  {
    name: "reset",
    summary:
      "History up to `offset` is no longer kept and was not sent. Read GET /v1/snapshot; the next message follows `offset`.",
    body: envelope("reset", z.strictObject({})).extend({ offset }),
  },
  {
    name: "test",
    summary: "Somebody asked for a test. It has no offset and says nothing about the log.",
    body: envelope("test", z.strictObject({ hello: z.string() })),
  },
];
