import { sql } from "drizzle-orm";
import { z } from "zod";
import { createDatabase, createPool, noHooks, rows } from "../../../src/platform/db/database.ts";
import { readHeads } from "../../../src/platform/event-log/event-log.ts";
import { silentLogger } from "../../../src/platform/log/log.ts";
import { openWakeBus } from "../../../src/platform/realtime/open-wake-bus.ts";
import { parentOf } from "./processor-time.ts";

/** Writes events into logs as a transaction of the product does, and wakes the readers as its hooks do. */
export interface LogWriter {
  /** `count` events in each of these logs, committed together. The text is what fills the data. */
  write(streams: readonly string[], count: number, filling: string): Promise<void>;
  lastOffset(stream: string): Promise<number>;
  /** PostgreSQL's own process, of which each connection's is a child; undefined where that cannot be known. */
  postmaster(): Promise<number | undefined>;
  /** Of all processes to the database. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

export const openLogWriter = (url: string, redisUrl: string | undefined): LogWriter => {
  const pool = createPool({ url, max: 1, statementTimeoutMs: 60_000, applicationName: "bench log", onError: () => {} });
  const { q } = createDatabase(pool, noHooks);
  const bus = openWakeBus(
    redisUrl === undefined
      ? { kind: "postgres", url, log: silentLogger }
      : { kind: "redis", url: redisUrl, log: silentLogger },
  );
  return {
    write: async (streams, count, filling) => {
      await q.execute(sql`
        with heads as (
          insert into event_heads (stream, last_offset)
          select s, ${count}::int from unnest(${sql.param([...streams])}::text[]) s order by s
          on conflict (stream) do update set last_offset = event_heads.last_offset + excluded.last_offset
          returning stream, last_offset
        )
        insert into events (stream, "offset", id, type, at, data)
        select stream, last_offset - ${count}::int + k, gen_random_uuid(), 'bench.said', app_now(),
          jsonb_build_object('sentAt', ${String(performance.now())}::text, 'filling', ${filling}::text)
        from heads cross join generate_series(1, ${count}::int) k`);
      bus.publish(streams);
    },
    lastOffset: async (stream) => (await readHeads(q, [stream]))[0]?.lastOffset ?? 0,
    postmaster: async () => {
      const [backend] = await rows(q, z.object({ pid: z.number() }), sql`select pg_backend_pid() as pid`);
      return backend === undefined ? undefined : parentOf(backend.pid);
    },
    connections: async () =>
      (
        await rows(
          q,
          z.object({ n: z.coerce.number() }),
          sql`select count(*) as n from pg_stat_activity where datname = current_database()`,
        )
      )[0]?.n ?? 0,
    close: async () => {
      await bus.close();
      await pool.end();
    },
  };
};
