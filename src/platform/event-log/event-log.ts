import { sql } from "drizzle-orm";
import { z } from "zod";
import { rows, type Database, type OutgoingEvent, type Queryable } from "../db/database.ts";
import type { Statement } from "../db/transaction.ts";
import { newId } from "../ids/ids.ts";
import { groupBy } from "../lists/lists.ts";
import { carriedTrace } from "../telemetry/trace.ts";

/**
 * A log for each stream with contiguous offsets 1, 2, 3… (rules S3, S4).
 *
 * The offset comes from a row of the stream, updated in the transaction that made the change: a sequence would not do,
 * because sequences commit out of order and a reader would skip. Writing is the last statement before the commit, in the
 * order of the streams, so the rows are held briefly and never in a circle.
 */
export const appendEvents = (outgoing: readonly OutgoingEvent[]): readonly Statement[] => {
  const trace = carriedTrace()?.traceparent;
  const input = JSON.stringify(
    outgoing.map((event, position) => ({
      position,
      id: newId(),
      stream: event.stream,
      type: event.type,
      data: event.data,
    })),
  );
  return [{ text: APPEND, values: [input, trace ?? null] }];
};

const APPEND = `
    with input as (
      select * from jsonb_to_recordset($1::jsonb) as t(position int, id uuid, stream text, type text, data jsonb)
    ), counted as (
      select stream, count(*) as n from input group by stream
    ), heads as (
      insert into event_heads (stream, last_offset)
      select stream, n from counted order by stream
      on conflict (stream) do update set last_offset = event_heads.last_offset + excluded.last_offset
      returning stream, last_offset
    )
    insert into events (stream, "offset", id, type, at, data, trace)
    select input.stream,
           heads.last_offset - counted.n + row_number() over (partition by input.stream order by input.position),
           input.id, input.type, app_now(), input.data, $2::text
    from input join heads using (stream) join counted using (stream)`;

const loggedEvent = z.object({
  stream: z.string(),
  offset: z.coerce.number(),
  id: z.string(),
  type: z.string(),
  at: z.coerce.date(),
  data: z.record(z.string(), z.unknown()),
  /** For whose request it happened: for logs and spans only. */
  trace: z.string().nullish(),
});
export type LoggedEvent = z.output<typeof loggedEvent>;

/** Where a reader of one stream stands: it has everything up to and including `after`. */
export interface Position {
  readonly stream: string;
  readonly after: number;
}

/** What comes after each position, at most `limit` a stream, in offset order within a stream. */
export const readAfter = async (
  q: Queryable,
  positions: readonly Position[],
  limit: number,
): Promise<LoggedEvent[]> => {
  if (positions.length === 0) return [];
  return rows(
    q,
    loggedEvent,
    sql`
      select e.* from jsonb_to_recordset(${JSON.stringify(positions)}::jsonb) as p(stream text, "after" bigint)
      cross join lateral (
        select stream, "offset", id, type, at, data, trace from events
        where events.stream = p.stream and events."offset" > p."after" order by "offset" limit ${limit}
      ) e`,
  );
};

/** Events by the stream they stand in, each in the order given. */
export const groupedByStream = (events: readonly LoggedEvent[]): ReadonlyMap<string, LoggedEvent[]> =>
  groupBy(events, ({ stream }) => stream);

const head = z.object({ stream: z.string(), lastOffset: z.coerce.number(), prunedThrough: z.coerce.number() });
export type Head = z.output<typeof head>;

/** The last offset of each stream that has any, and how far its history was pruned. */
export const readHeads = async (q: Queryable, streams: readonly string[]): Promise<Head[]> =>
  rows(
    q,
    head,
    // Joined: in a plan that was kept, "= any" compares each row with each of the streams wherever it uses no index.
    sql`select h.stream, h.last_offset as "lastOffset", h.pruned_through as "prunedThrough"
        from unnest(${sql.param([...streams])}::text[]) as wanted(stream) join event_heads h on h.stream = wanted.stream`,
  );

/**
 * Reads a snapshot and the offset it was taken at, in one view of the database: whoever resumes after that offset has
 * neither missed a change nor hears of one twice (rule S4).
 */
export const withOffset = async <T>(
  database: Database,
  stream: string,
  work: (q: Queryable) => Promise<T>,
): Promise<{ readonly offset: number; readonly value: T }> =>
  database.readOnly(async (q) => {
    const [[known], value] = await Promise.all([readHeads(q, [stream]), work(q)]);
    return { offset: known?.lastOffset ?? 0, value };
  });

/** Deletes events older than `before`, at most `limit`, and remembers how far, in one statement. Returns how many went. */
export const pruneEvents = async (q: Queryable, before: Date, limit: number): Promise<number> => {
  const result = await q.execute(sql`
    with due as (select stream, "offset" from events where at < ${before} order by at limit ${limit}),
         gone as (delete from events using due where events.stream = due.stream and events."offset" = due."offset"
                  returning events.stream, events."offset"),
         through as (select stream, max("offset") as last from gone group by stream),
         marked as (update event_heads set pruned_through = greatest(pruned_through, through.last)
                    from through where event_heads.stream = through.stream)
    select 1 from gone`);
  return result.rowCount ?? 0;
};
