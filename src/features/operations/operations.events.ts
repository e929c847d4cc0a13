import { z } from "zod";
import { defineEvent } from "../../platform/event-log/event-contract.ts";

/** Told to everybody once the service was restored. */
export const historyRestored = defineEvent({
  type: "history.restored",
  summary: "The service was restored from a backup: read a snapshot. What happened after the backup is gone.",
  data: z.strictObject({
    takenAt: z.iso.datetime().nullable().describe("When the backup was taken, where that is known."),
  }),
});
