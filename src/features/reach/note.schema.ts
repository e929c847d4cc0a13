import { z } from "zod";
import { priorities } from "../requests/index.ts";
import { isMessageKind, type MessageKind } from "./message-kinds.ts";
import { pageWithoutIdentifiers, withoutIdentifiers } from "./note.rules.ts";

const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const SEGMENT = `[a-z][a-z-]*|${UUID}|CR-[2-9A-HJ-NP-Z]{4,8}|N\\d{2,3}|\\d{4}-\\d\\d-\\d\\d|[A-Za-z0-9_-]{43}`;

/**
 * A page of ours: `/offers/…`. Only words, ids, references, days and secrets may stand in it, so that nothing that somebody
 * typed gets into a message by its link. Opening it never does anything: mail scanners follow links.
 */
export const linkPath = z.string().regex(new RegExp(`^(?:/(?:${SEGMENT}))+$`), "must be the path of a page");

/** A page that goes along with a mail: one file, without anything from elsewhere. */
export const attachedPage = z.object({
  name: z.string().regex(/^[A-Za-z0-9_-]{1,80}\.html$/),
  html: z.string().max(300_000),
});

/** One thing to tell somebody: a subject that says all that matters, a few lines, and where to go. */
export const noteContent = z.object({
  subject: z.string(),
  lines: z.array(z.string()),
  link: linkPath,
  /** What the link does, for example "Open the offer". */
  linkText: z.string(),
  /** The organisation whose desk may be rung about it: its number is looked up, never handed in. */
  ring: z.string().nullable(),
  page: attachedPage.optional(),
});

const MAX_LINES = 60;

/** What callers hand in: cleaned (P1) and cut rather than refused, because a message that is not sent helps nobody. */
export const noteInput = z.object({
  organisationCode: z.string().optional(),
  userId: z.uuid().optional(),
  /** The same cause is told to the same recipient once, however often it is queued: `alarm:ID:2`. */
  cause: z.string().min(3).max(200),
  kind: z.custom<MessageKind>((kind) => typeof kind === "string" && isMessageKind(kind), "is no kind of message"),
  subject: z.string().transform((text) => withoutIdentifiers(text, 150)),
  lines: z
    .array(z.string())
    .transform((lines) => lines.slice(0, MAX_LINES).map((line) => withoutIdentifiers(line, 300))),
  link: linkPath,
  linkText: z.string().transform((text) => withoutIdentifiers(text, 60)),
  ring: z.string().nullable(),
  page: attachedPage.extend({ html: z.string().max(300_000).transform(pageWithoutIdentifiers) }).optional(),
  priority: z.enum(priorities),
});
export type NoteInput = z.input<typeof noteInput>;
