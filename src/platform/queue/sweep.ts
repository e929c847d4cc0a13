import { wallClock } from "../clock/clock.ts";
import { withoutSql } from "../db/sql-errors.ts";
import { jitter } from "../ids/ids.ts";
import type { Logger } from "../log/log.ts";
import { beginSpan, type SpanSink } from "../telemetry/trace.ts";

/**
 * Finds due work in the tables and does it, or enqueues it (rule M5). Must be safe to run twice at once: every matcher
 * sweeps by itself.
 */
export interface Sweeper {
  readonly name: string;
  run(): Promise<void>;
}

/** Told of each sweeper that ran. */
export type ObserveSweep = (sweeper: string, seconds: number, outcome: "done" | "failed") => void;

export interface Sweep {
  /** A round at once, or right after the one at hand: something may have been lost. */
  hurry(): void;
  /** Waits for the sweeper at hand; the rest of its round is left to others. */
  close(): Promise<void>;
}

/** How rounds are made known, besides the log. */
export interface SweepTelling {
  readonly observe?: ObserveSweep;
  /** Where spans go: one for each sweeper that found something to do, or failed. */
  readonly sink?: SpanSink | undefined;
}

export interface SweepOptions extends SweepTelling {
  readonly everyMs: number;
  readonly log: Logger;
  /** Lets those go first for whom somebody waits: called before each sweeper. */
  readonly giveWay?: () => Promise<void>;
}

const runOne = async (sweeper: Sweeper, log: Logger, { observe, sink }: SweepTelling): Promise<void> => {
  const begunMs = wallClock.monotonicMs();
  // A trace of its own: what it tells, and the jobs it makes, can be followed back to it.
  const span = beginSpan({ name: `sweep ${sweeper.name}`, kind: "internal", from: { traceparent: "" }, sink });
  const tell = (outcome: "done" | "failed"): void => {
    const ms = wallClock.monotonicMs() - begunMs;
    observe?.(sweeper.name, ms / 1_000, outcome);
    if (outcome === "done" && !span.hasWorked()) return;
    span.run(() => log.debug({ sweeper: sweeper.name, ms: Math.round(ms), outcome }, "sweep"));
    span.end({ isError: outcome === "failed" });
  };
  try {
    await span.run(async () => sweeper.run());
    tell("done");
  } catch (error) {
    tell("failed");
    log.error({ sweeper: sweeper.name, error: withoutSql(error).message }, "a sweep failed; the next one tries again");
  }
};

/** One round, in the order given, until it `isOver`. A sweeper that fails is logged and does not keep the others from their work. */
export const sweepOnce = async (
  sweepers: readonly Sweeper[],
  log: Logger,
  telling: SweepTelling = {},
  { isOver = () => false, giveWay }: { isOver?: () => boolean; giveWay?: SweepOptions["giveWay"] } = {},
): Promise<void> => {
  for (const sweeper of sweepers) {
    if (giveWay !== undefined) await giveWay();
    if (isOver()) return;
    await runOne(sweeper, log, telling);
  }
};

/**
 * Sweeps about every `everyMs` (half to one and a half times, so that matchers do not march in step). A plain timer and not
 * a scheduler of the queue: a queue that was wiped or is away is exactly what the sweep is for.
 */
export const startSweep = (sweepers: readonly Sweeper[], options: SweepOptions): Sweep => {
  let isClosed = false;
  let isHurried = false;
  let isRunning = false;
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> = Promise.resolve();
  const begin = (): void => {
    clearTimeout(timer);
    isHurried = false;
    isRunning = true;
    round = sweepOnce(sweepers, options.log, options, { ...options, isOver: () => isClosed }).finally(() => {
      isRunning = false;
      if (isClosed) return;
      if (isHurried) begin();
      else timer = setTimeout(begin, options.everyMs * (0.5 + jitter()));
    });
  };
  timer = setTimeout(begin, options.everyMs * (0.5 + jitter()));
  return {
    hurry: () => {
      isHurried = true;
      if (!isRunning && !isClosed) begin();
    },
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      await round;
    },
  };
};
