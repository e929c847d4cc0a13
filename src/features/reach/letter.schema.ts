import { z } from "zod";
import { attachedPage, linkPath } from "./note.schema.ts";

/** One thing in a message. */
export const letterPart = z.object({
  heading: z.string(),
  lines: z.array(z.string()),
  link: linkPath,
  linkText: z.string(),
  /** Whose desk may be rung about it, as that desk's settings say. */
  ring: z.object({ name: z.string(), phone: z.string() }).nullable(),
});
export type LetterPart = z.output<typeof letterPart>;

/** A message, composed and not yet rendered: a repeat after a failure says the same. */
export const letter = z.object({
  /** Names the browser's notification, so that a repeat replaces it. */
  kind: z.string(),
  subject: z.string(),
  parts: z.array(letterPart).min(1),
  /** Goes along with a mail; never with a notification. */
  page: attachedPage.optional(),
  /** Who it is for, at its end. */
  forName: z.string(),
});
export type Letter = z.output<typeof letter>;
