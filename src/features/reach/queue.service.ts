import { appNow, type Queryable, type Tx } from "../../platform/db/database.ts";
import { addOpenMinutes, defaultOpeningHours, openFrom, type OpeningHours } from "../calendar/index.ts";
import { openingHoursOf } from "../practices/index.ts";
import type { Priority } from "../requests/index.ts";
import { insertDeliveries, lastDigestOf, recipientsOf, type Recipient } from "./deliveries.repository.ts";
import type { MessageKind } from "./message-kinds.ts";
import { noteInput, type NoteInput } from "./note.schema.ts";

/** Routine messages wait until so many open minutes have passed since the last bundle. */
const BUNDLE_MINUTES = 30;

const hoursOf = async (q: Queryable, organisationCode: string | undefined): Promise<readonly OpeningHours[]> =>
  (organisationCode === undefined ? undefined : (await openingHoursOf(q, [organisationCode])).get(organisationCode)) ??
  defaultOpeningHours;

/**
 * When a message may go: asap at once, whatever the hour; urgent when the desk is open; routine then too, but bundled, so
 * that a desk hears at most once in 30 open minutes (A6).
 */
export const dueFor = async (q: Queryable, organisationCode: string | undefined, priority: Priority): Promise<Date> => {
  const now = await appNow(q);
  if (priority === "asap") return now;
  const hours = await hoursOf(q, organisationCode);
  const open = openFrom(hours, now);
  if (priority === "urgent" || organisationCode === undefined) return open;
  const last = await lastDigestOf(q, organisationCode);
  if (last === undefined) return open;
  const quietUntil = addOpenMinutes(hours, last, BUNDLE_MINUTES);
  return quietUntil > open ? quietUntil : open;
};

export interface Note {
  readonly cause: string;
  readonly kind: MessageKind;
  readonly priority: Priority;
  readonly offerId: string | null;
  readonly content: Readonly<Record<string, unknown>>;
}

/** Writes the delivery rows of one thing for each recipient; what was queued before under the same cause is not again. */
export const queueNote = async (
  tx: Tx,
  organisationCode: string | undefined,
  recipients: readonly Recipient[],
  note: Note,
): Promise<number> => {
  if (recipients.length === 0) return 0;
  const dueAt = await tx.once(`reach.due ${organisationCode ?? ""} ${note.priority}`, async () =>
    dueFor(tx.q, organisationCode, note.priority),
  );
  return insertDeliveries(tx, organisationCode ?? null, recipients, { ...note, dueAt });
};

export type MailToQueue = Omit<NoteInput, "linkText" | "ring" | "priority"> &
  Partial<Pick<NoteInput, "linkText" | "ring" | "priority">>;

/**
 * Has an organisation (its confirmed mailbox, and whoever there opted in) or one user told something, by mail and where a
 * browser allows it by push. Returns to how many recipients it will go; 0 is nobody, or told before under this `cause`.
 *
 * Subject and lines are plain text without identifiers; what looks like one is taken out. `priority`: asap goes at once at
 * any hour; urgent (the default) when the desk is open, for a user at once in office hours; routine is bundled.
 */
export const queueMail = async (tx: Tx, message: MailToQueue): Promise<{ readonly queued: number }> => {
  const input = noteInput.parse({ linkText: "Open Covershare", ring: null, priority: "urgent", ...message });
  const { organisationCode, userId, cause, kind, priority, subject, lines, link, linkText, ring, page } = input;
  const recipients = await recipientsOf(tx.q, { organisationCode, userId });
  const content = { subject, lines, link, linkText, ring, ...(page && { page }) };
  const queued = await queueNote(tx, organisationCode, recipients, { cause, kind, priority, offerId: null, content });
  return { queued };
};
