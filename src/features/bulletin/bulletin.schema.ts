import { z } from "zod";
import { plainText } from "../privacy/index.ts";

export const MAX_LENGTH = 400;

const instant = z.iso.datetime();

/** One line of plain text; what looks like an NHS number is refused and not kept (P1). */
export const bulletinText = plainText(MAX_LENGTH);

export const bulletinBody = z.strictObject({ text: bulletinText });

/** identifies-somebody: the text is erased as well, not only taken from sight. */
export const hideCodes = ["identifies-somebody", "out-of-date", "posted-twice", "not-for-here", "other"] as const;
export type HideCode = (typeof hideCodes)[number];
export const hideBody = z.strictObject({ code: z.enum(hideCodes, "Choose why.") });

const written = {
  id: z.uuid(),
  organisationCode: z.string(),
  organisationName: z.string(),
  text: z.string(),
  postedAt: instant,
  /** Whether the reader's organisation wrote it. */
  isOwn: z.boolean(),
};

export const bulletinAnswer = z.strictObject(written);
export const bulletinPost = z.strictObject({
  ...written,
  /** notice: of the federation. question: of a practice. */
  kind: z.enum(["notice", "question"]),
  answers: z.array(bulletinAnswer),
});
export type BulletinPost = z.output<typeof bulletinPost>;

/** What was posted in the last 60 days and is not hidden, newest first: at most 100. */
export const bulletinList = z.strictObject({ items: z.array(bulletinPost) });

export const bulletinParams = z.strictObject({ id: z.uuid("This is not the id of a post.") });
