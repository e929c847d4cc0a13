import type { Database } from "../../platform/db/database.ts";
import type { Sweeper } from "../../platform/queue/sweep.ts";
import { lapseOffers } from "./ending.service.ts";

/** Expiry is a row that the sweep finds (decision 1): no job of its own, which a wiped queue could lose. */
export const offerSweepers = (database: Database): readonly Sweeper[] => [
  {
    name: "lapse",
    run: async () => {
      await lapseOffers(database);
    },
  },
];
