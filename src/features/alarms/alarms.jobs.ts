import { wallClock } from "../../platform/clock/clock.ts";
import type { Database } from "../../platform/db/database.ts";
import type { Sweeper } from "../../platform/queue/sweep.ts";
import { sweepAlarms, watchOpen } from "./alarms.service.ts";

/** Working out times reads all that is open, and nothing becomes due in seconds; raising reads only what is due. */
const WATCH_EVERY_MS = 5_000;

export const alarmSweepers = (database: Database): readonly Sweeper[] => {
  let watchedAt = Number.NEGATIVE_INFINITY;
  return [
    {
      name: "alarms",
      run: async () => {
        const now = wallClock.monotonicMs();
        if (now - watchedAt >= WATCH_EVERY_MS) {
          watchedAt = now;
          await watchOpen(database);
        }
        await sweepAlarms(database);
      },
    },
  ];
};
