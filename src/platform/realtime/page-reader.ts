import type { Queryable } from "../db/database.ts";
import { groupedByStream, readAfter, readHeads, type Head, type LoggedEvent } from "../event-log/event-log.ts";
import { toBatch, type Batch } from "./frame.ts";

/** What comes after an offset, or that it cannot be told any more. */
export type Page =
  /** No batch: there is nothing. */
  | { readonly kind: "frames"; readonly batch: Batch | undefined; readonly isLast: boolean }
  | { readonly kind: "reset"; readonly offset: number };

/** Reads one page of what comes after an offset. */
export type PageReader = (stream: string, after: number) => Promise<Page>;

interface Wanted {
  readonly stream: string;
  readonly after: number;
  readonly answers: { readonly resolve: (page: Page) => void; readonly reject: (error: unknown) => void }[];
}

/** Reads at once. A process has more database connections, and they are for those who do something. */
const MAX_READS = 2;
const STREAMS_PER_READ = 100;
/** Rows of one read: more would hold up everybody else while they are turned into frames. */
const ROWS_PER_READ = 2_000;
const MOST = 200;
const LEAST = 20;

const pageOf = ({ after }: Wanted, events: readonly LoggedEvent[], limit: number, head: Head | undefined): Page => {
  const [first] = events;
  if (first?.offset === after + 1) return { kind: "frames", batch: toBatch(events), isLast: events.length < limit };
  const { lastOffset, prunedThrough } = head ?? { lastOffset: 0, prunedThrough: 0 };
  const isKnown = first === undefined && after >= prunedThrough && after <= lastOffset;
  // Nothing to read, but the head is ahead: that event was committed between the two reads.
  if (isKnown) return { kind: "frames", batch: undefined, isLast: after === lastOffset };
  return { kind: "reset", offset: lastOffset };
};

/**
 * Whoever asks while others are being answered is answered together with everybody else who waits, in one statement: when
 * thousands come back at once they cost dozens of statements, and who comes alone waits for nobody. Those who stand at the
 * same place of the same stream share one answer.
 */
export const createPageReader = (q: Queryable): PageReader => {
  const waiting = new Map<string, Wanted>();
  let reads = 0;

  const takeBatch = (): Wanted[] => {
    const batch = new Map<string, Wanted>();
    for (const [key, wanted] of waiting) {
      if (batch.size === STREAMS_PER_READ) break;
      // One position a stream and statement: the answer is told apart by the stream.
      if (batch.has(wanted.stream)) continue;
      batch.set(wanted.stream, wanted);
      waiting.delete(key);
    }
    return [...batch.values()];
  };

  const answer = async (batch: readonly Wanted[]): Promise<void> => {
    const limit = Math.min(MOST, Math.max(LEAST, Math.floor(ROWS_PER_READ / batch.length)));
    const found = groupedByStream(await readAfter(q, batch, limit));
    const isBehind = ({ stream, after }: Wanted): boolean => found.get(stream)?.[0]?.offset !== after + 1;
    const unsure = batch.filter(isBehind).map(({ stream }) => stream);
    const heads = new Map((unsure.length === 0 ? [] : await readHeads(q, unsure)).map((head) => [head.stream, head]));
    for (const wanted of batch) {
      const page = pageOf(wanted, found.get(wanted.stream) ?? [], limit, heads.get(wanted.stream));
      for (const { resolve } of wanted.answers) resolve(page);
    }
  };

  const read = async (batch: readonly Wanted[]): Promise<void> => {
    reads += 1;
    try {
      await answer(batch);
    } catch (error) {
      for (const { answers } of batch) for (const { reject } of answers) reject(error);
    } finally {
      reads -= 1;
      pump();
    }
  };

  const pump = (): void => {
    if (reads < MAX_READS && waiting.size > 0) void read(takeBatch());
  };

  return async (stream, after) =>
    new Promise((resolve, reject) => {
      const key = `${after} ${stream}`;
      const known = waiting.get(key);
      if (known === undefined) waiting.set(key, { stream, after, answers: [{ resolve, reject }] });
      else known.answers.push({ resolve, reject });
      pump();
    });
};
