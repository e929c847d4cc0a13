import { z } from "zod";
import { defineEvent } from "../../platform/event-log/event-contract.ts";

export const settingsChanged = defineEvent({
  type: "settings.changed",
  summary: "An organisation changed its settings: sent to itself, and to the brokers of its sharing group",
  data: z.strictObject({
    organisationCode: z.string(),
    isAccepting: z.boolean(),
    /** The names of the settings that changed. */
    changed: z.array(z.string()),
    version: z.int(),
  }),
});
