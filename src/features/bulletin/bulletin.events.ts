import { z } from "zod";
import { defineEvent } from "../../platform/event-log/event-contract.ts";

const about = { postId: z.string(), organisationCode: z.string() };

/*
 * To every organisation of the sharing group. Without the text: what is taken down must not live on in logs (P1).
 */

export const bulletinPosted = defineEvent({
  type: "bulletin.posted",
  summary: "The federation posted a notice, or a practice a question, for the sharing group. Read it at /v1/bulletin.",
  data: z.strictObject({ ...about, kind: z.enum(["notice", "question"]) }),
});

export const bulletinAnswered = defineEvent({
  type: "bulletin.answered",
  summary: "Somebody of the sharing group answered a post.",
  data: z.strictObject({ ...about, answerId: z.string() }),
});

export const bulletinHidden = defineEvent({
  type: "bulletin.hidden",
  summary: "A post, or one answer to it, was taken down.",
  data: z.strictObject({ ...about, answerId: z.string().nullable() }),
});

export const bulletinEvents = [bulletinPosted, bulletinAnswered, bulletinHidden];
