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

export interface Sweep {
  /** Waits for the round at hand. */
  close(): Promise<void>;
}

/** One round, in the order given. A sweeper that fails is logged and does not keep the others from their work. */
export const sweepOnce = async (sweepers: readonly Sweeper[], log: Logger): Promise<void> => {
  for (const sweeper of sweepers) {
    try {
      await sweeper.run();
    } catch (error) {
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
export const startSweep = (sweepers: readonly Sweeper[], options: { everyMs: number; log: Logger }): Sweep => {
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> = Promise.resolve();
  const schedule = (): void => {
    timer = setTimeout(
      () => {
        round = sweepOnce(sweepers, options.log).finally(() => {
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
