import type { Queryable } from "../db/database.ts";
import { withoutSql } from "../db/sql-errors.ts";
import { readAfter, readHeads, type LoggedEvent } from "../event-log/event-log.ts";
import { jitter } from "../ids/ids.ts";
import type { Logger } from "../log/log.ts";

/** One event, serialised once for all who get it. */
export interface Frame {
  readonly offset: number;
  readonly text: Buffer;
}

export interface Subscriber {
  /** Frames in order; those up to where the subscriber already is are to be skipped. */
  deliver(frames: readonly Frame[]): void;
  /** History went missing between two reads (it was pruned): what follows is not contiguous. */
  onGap(): void;
}

/** What comes after an offset, or that it cannot be told any more. */
export type Page =
  | { readonly kind: "frames"; readonly frames: readonly Frame[]; readonly isLast: boolean }
  | { readonly kind: "reset"; readonly offset: number };

export interface FanOut {
  /** Streams that may have news; those nobody listens to here are ignored. */
  hint(streams: readonly string[]): void;
  hintAll(): void;
  readPage(stream: string, after: number): Promise<Page>;
  /** Subscribes whoever has everything up to `after`. False: the channel is further on, so read once more. Synchronous, so nothing slips in between. */
  join(stream: string, after: number, subscriber: Subscriber): boolean;
  leave(stream: string, subscriber: Subscriber): void;
  close(): void;
}

interface Channel {
  readonly stream: string;
  readonly subscribers: Set<Subscriber>;
  /** Everything up to here has been delivered to every subscriber. */
  position: number;
  isDirty: boolean;
  isReading: boolean;
}

export interface FanOutOptions {
  readonly q: Queryable;
  readonly log: Logger;
  /** How often heads are read in case a wake was lost. */
  readonly pollMs: number;
}

const PAGE = 200;
const STREAMS_PER_READ = 200;
/** One read a channel at a time keeps the order; a few in all keep a slow one from holding up the rest. */
const MAX_READS = 4;

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

const grouped = (events: readonly LoggedEvent[]): ReadonlyMap<string, LoggedEvent[]> => {
  const byStream = new Map<string, LoggedEvent[]>();
  for (const event of events) {
    const known = byStream.get(event.stream);
    if (known === undefined) byStream.set(event.stream, [event]);
    else known.push(event);
  }
  return byStream;
};

/** Reads each stream once, however many listen to it, from the lowest position that still counts. */
export const createFanOut = ({ q, log, pollMs }: FanOutOptions): FanOut => {
  const channels = new Map<string, Channel>();
  let reads = 0;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;

  const pump = (): void => {
    if (isClosed || reads >= MAX_READS) return;
    const due: Channel[] = [];
    for (const channel of channels.values()) {
      if (channel.isDirty && !channel.isReading) due.push(channel);
      if (due.length === STREAMS_PER_READ) break;
    }
    if (due.length > 0) void readOnce(due);
  };

  const readOnce = async (due: readonly Channel[]): Promise<void> => {
    reads += 1;
    for (const channel of due) {
      channel.isDirty = false;
      channel.isReading = true;
    }
    try {
      const positions = due.map(({ stream, position }) => ({ stream, after: position }));
      const byStream = grouped(await readAfter(q, positions, PAGE));
      for (const channel of due) deliver(channel, byStream.get(channel.stream) ?? []);
    } catch (error) {
      // The next poll finds the same news.
      log.warn({ error: withoutSql(error).message, streams: due.length }, "streams could not be read");
    } finally {
      reads -= 1;
      for (const channel of due) channel.isReading = false;
      pump();
    }
  };

  const deliver = (channel: Channel, events: readonly LoggedEvent[]): void => {
    const [first] = events;
    const last = events.at(-1);
    if (first === undefined || last === undefined) return;
    const isContiguous = first.offset === channel.position + 1;
    channel.position = last.offset;
    if (events.length === PAGE) channel.isDirty = true;
    const frames = events.map(toFrame);
    for (const subscriber of channel.subscribers) {
      if (isContiguous) subscriber.deliver(frames);
      else subscriber.onGap();
    }
  };

  const poll = async (): Promise<void> => {
    try {
      const heads = channels.size === 0 ? [] : await readHeads(q, [...channels.keys()]);
      for (const { stream, lastOffset } of heads) {
        const channel = channels.get(stream);
        if (channel !== undefined && lastOffset > channel.position) channel.isDirty = true;
      }
      pump();
    } catch (error) {
      log.warn({ error: withoutSql(error).message }, "the heads of the streams could not be read");
    }
    schedule();
  };

  const schedule = (): void => {
    if (!isClosed) timer = setTimeout(() => void poll(), pollMs * (0.75 + jitter() / 2));
  };
  schedule();

  return {
    hint: (streams) => {
      for (const stream of streams) {
        const channel = channels.get(stream);
        if (channel !== undefined) channel.isDirty = true;
      }
      pump();
    },
    hintAll: () => {
      for (const channel of channels.values()) channel.isDirty = true;
      pump();
    },
    readPage: async (stream, after) => {
      const events = await readAfter(q, [{ stream, after }], PAGE);
      const [first] = events;
      if (first?.offset === after + 1) {
        return { kind: "frames", frames: events.map(toFrame), isLast: events.length < PAGE };
      }
      const [head = { lastOffset: 0, prunedThrough: 0 }] = await readHeads(q, [stream]);
      const isKnown = first === undefined && after >= head.prunedThrough && after <= head.lastOffset;
      // Nothing to read, but the head is ahead: that event was committed between the two reads.
      if (isKnown) return { kind: "frames", frames: [], isLast: after === head.lastOffset };
      return { kind: "reset", offset: head.lastOffset };
    },
    join: (stream, after, subscriber) => {
      const channel = channels.get(stream) ?? {
        stream,
        subscribers: new Set(),
        position: after,
        // Something may have been written since the newcomer read.
        isDirty: true,
        isReading: false,
      };
      if (channel.position > after) return false;
      channels.set(stream, channel);
      channel.subscribers.add(subscriber);
      pump();
      return true;
    },
    leave: (stream, subscriber) => {
      const channel = channels.get(stream);
      if (channel?.subscribers.delete(subscriber) === true && channel.subscribers.size === 0) channels.delete(stream);
    },
    close: () => {
      isClosed = true;
      clearTimeout(timer);
      channels.clear();
    },
  };
};
