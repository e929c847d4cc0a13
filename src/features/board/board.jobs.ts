import { wallClock } from "../../platform/clock/clock.ts";
import type { Database } from "../../platform/db/database.ts";
import type { Sweeper } from "../../platform/queue/sweep.ts";
import { scheduleDigests, sendDigests } from "./digest.service.ts";
import { openPageFolder } from "./fallback.files.ts";
import { mailPages, scheduleFallbackMails, writePages } from "./fallback.service.ts";

/** New federations are rare, and a page that is a minute late is the page of that hour all the same. */
const SELDOM_MS = 30_000;

const seldom = (work: () => Promise<void>): (() => Promise<void>) => {
  let doneAt = Number.NEGATIVE_INFINITY;
  return async () => {
    const now = wallClock.monotonicMs();
    if (now - doneAt < SELDOM_MS) return;
    await work();
    doneAt = now;
  };
};

/** The federation's mails, and its page on this machine's disk where it has a folder for it. */
export const boardSweepers = (database: Database, fallbackDir: string | undefined): readonly Sweeper[] => [
  {
    name: "schedule mails to federations",
    run: seldom(async () => {
      await scheduleDigests(database);
      await scheduleFallbackMails(database);
    }),
  },
  { name: "mail what breaks", run: async () => sendDigests(database) },
  { name: "mail the page for when all is down", run: async () => mailPages(database) },
  ...(fallbackDir === undefined
    ? []
    : [
        {
          name: "write the page for when all is down",
          run: seldom(async () => {
            await writePages(database, openPageFolder(fallbackDir));
          }),
        },
      ]),
];
