import type { z } from "zod";
import type { OutgoingEvent } from "../db/database.ts";

/**
 * A kind of message that receivers may rely on: its type, what it says and when it is sent. Declared once in
 * `<feature>.events.ts`; the AsyncAPI document is made from these, and the tests hold every frame against them.
 */
export interface EventContract<D extends z.ZodObject = z.ZodObject> {
  readonly type: string;
  readonly summary: string;
  readonly data: D;
}

export const defineEvent = <D extends z.ZodObject>(contract: EventContract<D>): EventContract<D> => contract;

/** One message for the log of one organisation (`stream` is its code). Parsed, so that nothing undeclared slips out (S7). */
export const eventFor = <D extends z.ZodObject>(
  contract: EventContract<D>,
  stream: string,
  data: z.input<D>,
): OutgoingEvent => ({ stream, type: contract.type, data: contract.data.parse(data) });
