import { withoutSql } from "../platform/db/sql-errors.ts";
import type { Logger } from "../platform/log/log.ts";
import { wallClock } from "../platform/clock/clock.ts";

/** What has been opened and must be closed. */
export interface Releasers {
  add(name: string, release: () => Promise<void>): void;
  /** Closes everything in reverse, within the deadline. A failure or a hang of one never skips the rest. Once only. */
  release(): Promise<void>;
}

/** Even after the deadline each gets this long: the last to close is the database. */
const LEAST_MS = 1_000;

export const createReleasers = (log: Logger, deadlineMs: number): Releasers => {
  const opened: { name: string; release: () => Promise<void> }[] = [];
  let releasing: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    const until = wallClock.monotonicMs() + deadlineMs;
    for (let next = opened.pop(); next !== undefined; next = opened.pop()) {
      const { name, release } = next;
      try {
        await within(release(), Math.max(LEAST_MS, until - wallClock.monotonicMs()));
      } catch (error) {
        log.error({ what: name, error: withoutSql(error).message }, "did not close properly");
      }
    }
  };
  return {
    add: (name, release) => void opened.push({ name, release }),
    release: () => (releasing ??= run()),
  };
};

const within = async (work: Promise<void>, ms: number): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${Math.round(ms)} ms`)), ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};
