import type { CommitHooks, FollowUp } from "../db/database.ts";
import type { Logger } from "../log/log.ts";
import { noteWork } from "../telemetry/trace.ts";
import { unique } from "../lists/lists.ts";

export interface CommitHookParts {
  /** Stores events in the transaction that made the change (rule S3). */
  readonly appendEvents: CommitHooks["beforeCommit"];
  /** Tells the API processes which streams have news. A hint: they read what they send. */
  readonly wake: (streams: readonly string[]) => void;
  readonly enqueue: (followUp: FollowUp) => void;
  readonly log: Logger;
}

/**
 * What surrounds a commit. Waking comes after it and in a statement of its own: NOTIFY inside the transaction takes a lock
 * that all commits share, and halved the throughput of accepting. Jobs go first, because an offer waits for its plan.
 */
export const createCommitHooks = (parts: CommitHookParts): CommitHooks => {
  const safely = (what: string, act: () => void): void => {
    try {
      act();
    } catch (error) {
      // The work is committed; a caller must not hear of a failure that the sweep and the poll make good.
      parts.log.error({ error: error instanceof Error ? error.message : String(error) }, `after a commit: ${what}`);
    }
  };
  return {
    beforeCommit: parts.appendEvents,
    afterCommit: ({ events, followUps }) => {
      if (events.length + followUps.length > 0) noteWork();
      for (const followUp of distinct(followUps)) safely("a job was not enqueued", () => parts.enqueue(followUp));
      if (events.length === 0) return;
      const streams = unique(events.map((event) => event.stream));
      const wake = (): void => safely("readers were not woken", () => parts.wake(streams));
      // The queue sends a job some promises later, and readers would be woken and read before that.
      if (followUps.length > 0) setImmediate(wake);
      else wake();
    },
  };
};

/** A transaction that asks for the same plan five times needs it once. */
const distinct = (followUps: readonly FollowUp[]): FollowUp[] => {
  if (followUps.length < 2) return [...followUps];
  return [
    ...new Map(followUps.map((followUp) => [JSON.stringify([followUp.job, followUp.payload]), followUp])).values(),
  ];
};
