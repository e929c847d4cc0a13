import { z } from "zod";

/** ring-patient: the time that she was told no longer stands. dna, not-done: decide what is next for her. */
export const taskKinds = ["ring-patient", "dna", "not-done"] as const;
export type TaskKind = (typeof taskKinds)[number];

export const taskWhys = ["moved", "swapped", "cancelled", "dna", "not-done"] as const;
export type TaskWhy = (typeof taskWhys)[number];

/** What was done about it. */
export const taskAnswers = ["rung", "seen-here", "cover-again", "nothing-more"] as const;

export const taskView = z.object({
  id: z.uuid(),
  kind: z.enum(taskKinds),
  why: z.enum(taskWhys),
  reference: z.string(),
  ref: z.string(),
  service: z.string(),
  agreementId: z.uuid(),
  homeCode: z.string(),
  homeName: z.string(),
  supportingCode: z.string(),
  supportingName: z.string(),
  /** The time that the patient was told. */
  before: z.iso.datetime(),
  /** The time that took its place; null: none did. */
  after: z.iso.datetime().nullable(),
  madeAt: z.iso.datetime(),
  acknowledgedAt: z.iso.datetime().nullable(),
  acknowledgedAs: z.string().nullable(),
});
export type TaskView = z.output<typeof taskView>;

export const tasksQuery = z.strictObject({
  /** Only one request's, by its reference. */
  reference: z.string().max(12).optional(),
  state: z.enum(["open", "acknowledged"]).default("open"),
});
/** The oldest first: at most 200. */
export const tasksAnswer = z.object({ items: z.array(taskView) });

export const taskParams = z.strictObject({ id: z.uuid("This is not the id of a task.") });
export const acknowledgeBody = z.strictObject({ as: z.enum(taskAnswers).default("rung") });
