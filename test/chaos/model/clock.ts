import { sql } from "drizzle-orm";
import type { Queryable } from "../../../src/platform/db/database.ts";
import { BEGIN } from "./world.ts";

/** The present of the run, held in the database (T2) and moved on while it runs: so that offers lapse and rings widen. */
export interface RunClock {
  now(): Date;
  run(): void;
  /** Stands still: nothing becomes due by itself. */
  pause(): void;
  /** So much later, all at once. */
  leap(minutes: number): Promise<void>;
  close(): void;
}

const STEP_MS = 500;

/** @param speed how many seconds pass in one. */
export const openClock = (q: Queryable, speed: number): RunClock => {
  let at = Date.parse(BEGIN);
  let isRunning = false;
  let isWriting = false;
  const moveTo = async (next: number): Promise<void> => {
    await q.execute(sql`update held_clock set at = ${new Date(next).toISOString()}::timestamptz`);
    at = next;
  };
  const tick = async (): Promise<void> => {
    if (!isRunning || isWriting) return;
    isWriting = true;
    try {
      await moveTo(at + speed * STEP_MS);
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
    leap: (minutes) => moveTo(at + minutes * 60_000),
    close: () => clearInterval(timer),
  };
};
