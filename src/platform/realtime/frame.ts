import type { LoggedEvent } from "../event-log/event-log.ts";

/** One event, serialised once for all who get it. */
export interface Frame {
  readonly offset: number;
  readonly text: Buffer;
}

/** The message of rule S1. */
export const toFrame = (event: LoggedEvent): Frame => ({
  offset: event.offset,
  text: Buffer.from(
    JSON.stringify({
      offset: event.offset,
      id: event.id,
      type: event.type,
      at: event.at.toISOString(),
      data: event.data,
    }),
  ),
});
