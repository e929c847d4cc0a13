import { setImmediate as others } from "node:timers/promises";
import type { Queryable } from "../db/database.ts";
import { withoutSql } from "../db/sql-errors.ts";
import { groupedByStream, readAfter, readHeads, type LoggedEvent } from "../event-log/event-log.ts";
import { jitter } from "../ids/ids.ts";
import type { Logger } from "../log/log.ts";
import { toBatch, type Batch } from "./frame.ts";
import { createPageReader, type PageReader } from "./page-reader.ts";

export interface Subscriber {
  /** What up to here the subscriber already has is to be skipped. */
  deliver(batch: Batch): void;
  /** History went missing between two reads (it was pruned): what follows is not contiguous. */
  onGap(): void;
}

export interface FanOut {
  /** Streams that may have news; those nobody listens to here are ignored. */
  hint(streams: readonly string[]): void;
  hintAll(): void;
  readonly readPage: PageReader;
  /** Subscribes whoever has everything up to `after`. False: the channel is further on, so read once more. Synchronous, so nothing slips in between. */
  join(stream: string, after: number, subscriber: Subscriber): boolean;
  leave(stream: string, subscriber: Subscriber): void;
  /** How many offsets the stream that is furthest behind lacked when the heads were last read. */
  behind(): number;
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
  /** Told of what is sent to how many sockets, for whoever follows a trace to its end. */
  readonly onFrames?: OnFrames | undefined;
}

export type OnFrames = (events: readonly LoggedEvent[], sockets: number) => void;

const PAGE = 200;
const STREAMS_PER_READ = 200;
/** One read a channel at a time keeps the order; a few in all keep a slow one from holding up the rest. */
const MAX_READS = 4;
/** Frames that are sent before others may do something: some five milliseconds. */
const FRAMES_AT_ONCE = 500;
/** Heads read at once: one statement for all listeners would hold up everybody while its rows are read. */
const HEADS_PER_READ = 500;

/** Reads each stream once, however many listen to it, from the lowest position that still counts. */
export const createFanOut = ({ q, log, pollMs, onFrames }: FanOutOptions): FanOut => {
  const channels = new Map<string, Channel>();
  let reads = 0;
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  let behind = 0;

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
      const byStream = groupedByStream(await readAfter(q, positions, PAGE));
      const sent = { frames: 0 };
      for (const channel of due) {
        await deliver(channel, byStream.get(channel.stream) ?? [], sent);
        channel.isReading = false;
      }
    } catch (error) {
      // The next poll finds the same news.
      log.warn({ error: withoutSql(error).message, streams: due.length }, "streams could not be read");
    } finally {
      reads -= 1;
      for (const channel of due) channel.isReading = false;
      pump();
    }
  };

  /** Whoever joins while others are still being served has these frames already, and skips them. */
  const deliver = async (channel: Channel, events: readonly LoggedEvent[], sent: { frames: number }): Promise<void> => {
    const [first] = events;
    const last = events.at(-1);
    if (first === undefined || last === undefined) return;
    const isContiguous = first.offset === channel.position + 1;
    channel.position = last.offset;
    if (events.length === PAGE) channel.isDirty = true;
    const batch = isContiguous ? toBatch(events) : undefined;
    if (onFrames !== undefined && isContiguous) onFrames(events, channel.subscribers.size);
    for (const subscriber of channel.subscribers) {
      if (batch === undefined) subscriber.onGap();
      else subscriber.deliver(batch);
      sent.frames += events.length;
      if (sent.frames < FRAMES_AT_ONCE) continue;
      sent.frames = 0;
      await others();
    }
  };

  const poll = async (): Promise<void> => {
    try {
      const streams = [...channels.keys()];
      let most = 0;
      for (let at = 0; at < streams.length; at += HEADS_PER_READ) {
        for (const { stream, lastOffset } of await readHeads(q, streams.slice(at, at + HEADS_PER_READ))) {
          const channel = channels.get(stream);
          if (channel === undefined || lastOffset <= channel.position) continue;
          channel.isDirty = true;
          most = Math.max(most, lastOffset - channel.position);
        }
        pump();
      }
      behind = most;
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
    readPage: createPageReader(q),
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
    behind: () => behind,
    close: () => {
      isClosed = true;
      clearTimeout(timer);
      channels.clear();
    },
  };
};
