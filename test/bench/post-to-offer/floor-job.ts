import { z } from "zod";
import { defineJob } from "../../../src/platform/queue/job.ts";

/** The bare job of the floor. */
export const floorJob = defineJob({ name: "floor", payload: z.strictObject({ key: z.string() }), attempts: 1 });

/** What the floor's processes are told by their environment. */
export const floorEnvironment = z.object({
  FLOOR_DATABASE: z.string(),
  FLOOR_BACKEND: z.enum(["redis", "postgres"]),
  FLOOR_QUEUE: z.string(),
});
