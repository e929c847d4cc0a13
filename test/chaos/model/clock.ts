import { sql } from "drizzle-orm";
import type { Queryable } from "../../../src/platform/db/database.ts";
import { BEGIN } from "./world.ts";

/** The present of the run, held in the database (T2) and moved on while it runs: so that offers lapse and rings widen. */
export interface RunClock {
  now(): Date;
  run(): void;
  /** Stands still: nothing becomes due by itself. */
  pause(): void;
  close(): void;
}

/** A minute a second. */
const SPEED = 60;
const STEP_MS = 1_000;

export const openClock = (q: Queryable): RunClock => {
  let at = Date.parse(BEGIN);
  let isRunning = false;
  let isWriting = false;
  const tick = async (): Promise<void> => {
    if (!isRunning || isWriting) return;
    isWriting = true;
    const next = new Date(at + SPEED * STEP_MS);
    try {
      await q.execute(sql`update held_clock set at = ${next.toISOString()}::timestamptz`);
      at = next.getTime();
    } catch {
      // PostgreSQL is away: time stands still for everybody.
    } finally {
      isWriting = false;
    }
  };
  const timer = setInterval(() => void tick(), STEP_MS);
  return {
    now: () => new Date(at),
    run: () => {
      isRunning = true;
    },
    pause: () => {
      isRunning = false;
    },
    close: () => clearInterval(timer),
  };
};
