import { z } from "zod";
import { defineEvent } from "../../platform/event-log/event-contract.ts";

/** A clinic of the receiver's own was published, changed, withdrawn, or its slots changed hands. */
export const clinicChanged = defineEvent({
  type: "clinic.changed",
  summary: "One of your clinics, or the state of its slots, changed. Counts are of slots that have not started.",
  data: z.strictObject({
    clinicId: z.uuid(),
    startsAt: z.iso.datetime(),
    free: z.int(),
    held: z.int(),
    busy: z.int(),
    withdrawn: z.boolean(),
  }),
});

export const capacityEvents = [clinicChanged] as const;
