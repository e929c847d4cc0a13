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

export const groupedByStream = (events: readonly LoggedEvent[]): ReadonlyMap<string, LoggedEvent[]> => {
  const byStream = new Map<string, LoggedEvent[]>();
  for (const event of events) {
    const known = byStream.get(event.stream);
    if (known === undefined) byStream.set(event.stream, [event]);
    else known.push(event);
  }
  return byStream;
};
