import type { Database } from "../../platform/db/database.ts";
import type { Sweeper } from "../../platform/queue/sweep.ts";
import { chaseLateSteps } from "./late.service.ts";
import { releaseUnpassed, warnOfRelease } from "./release.service.ts";

/** Release-by and lateness are rows that the sweep finds (H4, H1): what went back first, so that nobody is warned of it too late. */
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
  {
    name: "late steps",
    run: async () => {
      await chaseLateSteps(database);
    },
  },
];
