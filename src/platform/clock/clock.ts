/**
 * The one place that reads the machine's clock (rule T2). Domain decisions never use this: they take the instant from
 * `app_now()` in the database (see platform/db), so that two processes with different clocks agree. What remains here is
 * for logs, timeouts and measuring.
 */
export const wallClock = {
  /** The machine's clock, for log lines and cookies only. */
  now: (): Date => new Date(),
  /** Monotonic milliseconds, for measuring durations. */
  monotonicMs: (): number => performance.now(),
};
