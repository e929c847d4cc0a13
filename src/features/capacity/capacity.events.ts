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

/** Many clinics of the receiver's own changed at once, by an import or a series: one message instead of hundreds. */
export const clinicsChanged = defineEvent({
  type: "clinics.changed",
  summary: "Many of your clinics were published or changed at once. Read the list again.",
  data: z.strictObject({ published: z.int(), changed: z.int() }),
});

export const capacityEvents = [clinicChanged, clinicsChanged] as const;
