import { z } from "zod";
import { defineEvent } from "../../platform/event-log/event-contract.ts";
import { pausePracticeCodes } from "./pressure.schema.ts";

export const pressureChanged = defineEvent({
  type: "pressure.changed",
  summary:
    "A practice declared how pressed it is (OPEL), or its state ended: level is then null. Sent to itself and to the brokers of its group.",
  data: z.strictObject({
    organisationCode: z.string(),
    level: z.int().nullable(),
    expiresAt: z.iso.datetime().nullable(),
  }),
});

export const practicePaused = defineEvent({
  type: "practice.paused",
  summary:
    "A broker stopped or resumed asking a practice (F3); reason null: the pause ended by itself. Sent to the practice and to the brokers of its group.",
  data: z.strictObject({
    organisationCode: z.string(),
    isPaused: z.boolean(),
    reason: z.enum(pausePracticeCodes).nullable(),
    until: z.iso.datetime().nullable(),
  }),
});

export const pressureEvents = [pressureChanged, practicePaused];
