import { sql } from "drizzle-orm";
import { z } from "zod";
import { createDatabase, createPool, noHooks, rows } from "../../../src/platform/db/database.ts";
import { round } from "../support/stats.ts";

/** For `startPostgres`. */
export const COUNTING_STATEMENTS = { shared_preload_libraries: "pg_stat_statements" } as const;

const counted = z.object({
  text: z.string(),
  calls: z.coerce.number(),
  ms: z.coerce.number(),
  share: z.coerce.number(),
});

export interface CostlyStatement {
  readonly text: string;
  readonly callsPerSecond: number;
  readonly msEach: number;
  /** Of the time of all statements, in percent. */
  readonly share: number;
}

export interface StatementCounter {
  /** Which statements PostgreSQL's time goes to while `work` runs. */
  costliest(work: () => Promise<unknown>): Promise<readonly CostlyStatement[]>;
  close(): Promise<void>;
}

/** Counts only while it is asked to: what is measured otherwise should not pay for it. */
export const openStatementCounter = async (url: string): Promise<StatementCounter> => {
  const pool = createPool({ url, max: 1, statementTimeoutMs: 60_000, applicationName: "bench top", onError: () => {} });
  const { q } = createDatabase(pool, noHooks);
  const track = async (which: "none" | "top"): Promise<void> => {
    await q.execute(sql`alter system set pg_stat_statements.track = ${sql.raw(which)}`);
    await q.execute(sql`select pg_reload_conf()`);
  };
  await q.execute(sql`create extension if not exists pg_stat_statements`);
  await track("none");
  return {
    costliest: async (work) => {
      await q.execute(sql`select pg_stat_statements_reset()`);
      await track("top");
      const began = performance.now();
      await work();
      const seconds = (performance.now() - began) / 1_000;
      await track("none");
      const found = await rows(
        q,
        counted,
        sql`select regexp_replace(query, '\\s+', ' ', 'g') as text, calls, total_exec_time + total_plan_time as ms,
              100 * (total_exec_time + total_plan_time) / sum(total_exec_time + total_plan_time) over () as share
            from pg_stat_statements where calls > 0 order by ms desc limit 8`,
      );
      return found.map(({ text, calls, ms, share }) => ({
        text: text.slice(0, 160),
        callsPerSecond: round(calls / seconds, 1),
        msEach: round(ms / calls),
        share: round(share, 1),
      }));
    },
    close: async () => pool.end(),
  };
};
