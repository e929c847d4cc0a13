import { wallClock } from "../clock/clock.ts";
import { withoutSql } from "../db/sql-errors.ts";
import { jitter } from "../ids/ids.ts";
import type { Logger } from "../log/log.ts";

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
  /** Waits for the round at hand. */
  close(): Promise<void>;
}

/** One round, in the order given. A sweeper that fails is logged and does not keep the others from their work. */
export const sweepOnce = async (sweepers: readonly Sweeper[], log: Logger, observe?: ObserveSweep): Promise<void> => {
  for (const sweeper of sweepers) {
    const begunMs = wallClock.monotonicMs();
    const tell = (outcome: "done" | "failed"): void =>
      observe?.(sweeper.name, (wallClock.monotonicMs() - begunMs) / 1_000, outcome);
    try {
      await sweeper.run();
      tell("done");
    } catch (error) {
      tell("failed");
      log.error(
        { sweeper: sweeper.name, error: withoutSql(error).message },
        "a sweep failed; the next one tries again",
      );
    }
  }
};

/**
 * Sweeps about every `everyMs` (half to one and a half times, so that matchers do not march in step). A plain timer and not
 * a scheduler of the queue: a queue that was wiped or is away is exactly what the sweep is for.
 */
export const startSweep = (
  sweepers: readonly Sweeper[],
  options: { everyMs: number; log: Logger; observe?: ObserveSweep },
): Sweep => {
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> = Promise.resolve();
  const schedule = (): void => {
    timer = setTimeout(
      () => {
        round = sweepOnce(sweepers, options.log, options.observe).finally(() => {
          if (!isClosed) schedule();
        });
      },
      options.everyMs * (0.5 + jitter()),
    );
  };
  schedule();
  return {
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      await round;
    },
  };
};
