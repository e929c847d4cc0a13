import { z } from "zod";
import { defineEvent } from "../../platform/event-log/event-contract.ts";
import { countsView, needRef, priorities } from "./requests.schema.ts";

export const requestPosted = defineEvent({
  type: "request.posted",
  summary: "A cover request was posted. Sent to the home practice and to the brokers of its sharing group.",
  data: z.strictObject({
    reference: z.string(),
    homeCode: z.string(),
    priority: z.enum(priorities),
    needs: z.int().min(1),
  }),
});

export const requestChanged = defineEvent({
  type: "request.changed",
  summary:
    "Where the needs of a request stand now (R8). Sent to the home practice and to the brokers of its sharing group.",
  data: countsView.extend({ reference: z.string(), homeCode: z.string() }),
});

export const needReturned = defineEvent({
  type: "need.returned",
  summary:
    "A need came back uncovered: a person of the home practice must acknowledge it (R7). Sent to the home practice and to the brokers.",
  data: z.strictObject({ reference: z.string(), homeCode: z.string(), ref: needRef }),
});

export const requestEvents = [requestPosted, requestChanged, needReturned];
