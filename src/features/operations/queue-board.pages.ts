import { adminsOnly, page, type AppPage } from "../access/index.ts";
import { londonTime, speakDay } from "../calendar/index.ts";
import { none, view } from "../../platform/web/page.ts";
import type { FailedJob, QueueCounts } from "../../platform/queue/backend.ts";
import { within } from "../../platform/queue/in-time.ts";
import { readFigures } from "./figures.repository.ts";

/** The part of the queue that people look at. */
export interface WatchedQueue {
  counts(): Promise<QueueCounts>;
  failed(limit: number): Promise<readonly FailedJob[]>;
}

/** A queue that does not answer must not keep the page waiting. */
const WAIT_MS = 2_000;
const FAILURES = 50;

const inTime = async <T>(asked: Promise<T>): Promise<T | undefined> =>
  within(
    asked.catch(() => undefined),
    WAIT_MS,
  );

/** `less than a second`, `12 seconds`, `3 minutes`. */
export const speakSeconds = (seconds: number): string => {
  if (seconds < 1) return "less than a second";
  if (seconds < 120) return `${Math.round(seconds)} ${Math.round(seconds) === 1 ? "second" : "seconds"}`;
  return `${Math.round(seconds / 60)} minutes`;
};

const shown = ({ name, why, attempts, failedAt }: FailedJob) => ({
  name,
  why: why.slice(0, 300),
  attempts,
  at: failedAt === undefined ? "" : `${speakDay(failedAt)}, ${londonTime(failedAt)}`,
});

/**
 * The queue's board, for whoever runs the service. It only shows: what a job left undone the sweep does, so there is
 * nothing here that a person would have to press.
 */
export const queueBoardPages = (queue: WatchedQueue): readonly AppPage[] => [
  page(
    { path: "/admin/queue", summary: "The queue's board", access: adminsOnly, params: none, query: none },
    async (_visit, { q }) => {
      const [held, counts, failed] = await Promise.all([
        readFigures(q),
        inTime(queue.counts()),
        inTime(queue.failed(FAILURES)),
      ]);
      return view({
        template: "operations/queue-board.njk",
        title: "Queue",
        data: {
          counts,
          waitedFor: speakSeconds((counts?.oldestWaitingMs ?? 0) / 1_000),
          due: held.due,
          dueFor: speakSeconds(held.dueAge),
          // A matcher sweeps every second; a plan takes a few at most.
          isLate: held.dueAge > 15,
          overdueFor: speakSeconds(held.overdue),
          isOverdue: held.overdue > 15,
          failed: (failed ?? []).map(shown),
        },
      });
    },
  ),
];
