import { z } from "zod";
import { defineJob } from "../../platform/queue/job.ts";

/** Plans one sharing group: every open need of it together (rule M3). Carried out by the matching feature. */
export const planGroupJob = defineJob({
  name: "plan-group",
  payload: z.strictObject({ groupCode: z.string().min(1) }),
  attempts: 5,
});
