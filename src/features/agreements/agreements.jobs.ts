import type { Database } from "../../platform/db/database.ts";
import type { Sweeper } from "../../platform/queue/sweep.ts";
import { releaseUnpassed, warnOfRelease } from "./release.service.ts";

/** Release-by is a row that the sweep finds (H4): what went back first, so that nobody is warned of it too late. */
export const agreementSweepers = (database: Database): readonly Sweeper[] => [
  {
    name: "release",
    run: async () => {
      await releaseUnpassed(database);
    },
  },
  {
    name: "warn of release",
    run: async () => {
      await warnOfRelease(database);
    },
  },
];
