import { sql } from "drizzle-orm";
import type pg from "pg";
import { inject } from "vitest";
import {
  createDatabase,
  createPool,
  type CommitHooks,
  type Database,
  type FollowUp,
  type Queryable,
} from "../../src/platform/db/database.ts";
import { appendEvents } from "../../src/platform/event-log/event-log.ts";
import { newSpeakable } from "../../src/platform/ids/ids.ts";
import { databaseUrl, runStatement } from "./postgres-server.ts";

export interface TestDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
  readonly database: Database;
  /** `database.q`, for reading in assertions and for builders. */
  readonly q: Queryable;
  /** Jobs that committed transactions asked for, in order; nothing carries them out unless the test does. */
  readonly followUps: FollowUp[];
  /** Makes `app_now()` answer this instant until moved or released (T2). */
  holdClock(iso: string): Promise<void>;
  /** Moves the held clock on. */
  advance(by: { days?: number; hours?: number; minutes?: number; seconds?: number }): Promise<void>;
  releaseClock(): Promise<void>;
  /** Drops the database. Call it in afterAll. */
  close(): Promise<void>;
}

export interface TestDatabaseOptions {
  /** Instead of: events are appended to their logs before the commit, follow-ups are collected. */
  readonly hooks?: CommitHooks;
  readonly poolMax?: number;
}

const steps = { days: 86_400, hours: 3_600, minutes: 60, seconds: 1 } as const;

/** A database of this test file's own: a clone of the migrated template. */
export const openTestDatabase = async ({ hooks, poolMax = 10 }: TestDatabaseOptions = {}): Promise<TestDatabase> => {
  const server = inject("postgresUrl");
  const name = `covershare_test_${newSpeakable(10).toLowerCase()}`;
  await runStatement(server, `create database ${name} template ${inject("postgresTemplate")}`);
  const url = databaseUrl(server, name);
  const followUps: FollowUp[] = [];
  const pool = createPool({
    url,
    max: poolMax,
    statementTimeoutMs: 15_000,
    applicationName: "covershare test",
    // Connections that `close` cuts off report here.
    onError: () => undefined,
  });
  const database = createDatabase(
    pool,
    hooks ?? {
      beforeCommit: appendEvents,
      afterCommit: (effects) => void followUps.push(...effects.followUps),
    },
  );
  const { q } = database;
  return {
    url,
    pool,
    database,
    q,
    followUps,
    holdClock: async (iso) => {
      await q.execute(sql`
        insert into held_clock (is_held, at) values (true, ${iso}::timestamptz)
        on conflict (is_held) do update set at = excluded.at`);
    },
    advance: async (by) => {
      const seconds = Object.entries(steps).reduce(
        (total, [unit, size]) => total + size * (Object.entries(by).find(([name]) => name === unit)?.[1] ?? 0),
        0,
      );
      const moved = await q.execute(sql`update held_clock set at = at + make_interval(secs => ${seconds})`);
      if (moved.rowCount !== 1) throw new Error("advance: hold the clock first");
    },
    releaseClock: async () => {
      await q.execute(sql`delete from held_clock`);
    },
    close: async () => {
      await pool.end();
      await runStatement(server, `drop database if exists ${name} with (force)`);
    },
  };
};
