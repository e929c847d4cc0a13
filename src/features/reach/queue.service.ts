import { appNow, type Tx } from "../../platform/db/database.ts";
import { unique } from "../../platform/lists/lists.ts";
import { addOpenMinutes, defaultOpeningHours, openFrom, type OpeningHours } from "../calendar/index.ts";
import { openingHoursOf } from "../practices/index.ts";
import type { Priority } from "../requests/index.ts";
import {
  insertDeliveries,
  lastDigestsOf,
  recipientsAt,
  recipientsOfUser,
  type Recipient,
} from "./deliveries.repository.ts";
import type { MessageKind } from "./message-kinds.ts";
import { noteInput, type NoteInput } from "./note.schema.ts";

/** Routine messages wait until so many open minutes have passed since the last bundle. */
const BUNDLE_MINUTES = 30;

/**
 * When a message may go: asap at once, whatever the hour; urgent when the desk is open; routine then too, but bundled, so
 * that a desk hears at most once in 30 open minutes (A6). `lastDigest`: when its last bundle went.
 */
const dueAt = (priority: Priority, now: Date, hours: readonly OpeningHours[], lastDigest: Date | undefined): Date => {
  if (priority === "asap") return now;
  const open = openFrom(hours, now);
  if (priority === "urgent" || lastDigest === undefined) return open;
  const quietUntil = addOpenMinutes(hours, lastDigest, BUNDLE_MINUTES);
  return quietUntil > open ? quietUntil : open;
};

/** One thing, for whom of an organisation or, without one, of the platform itself. */
export interface Note {
  readonly organisationCode: string | undefined;
  readonly recipients: readonly Recipient[];
  readonly cause: string;
  readonly kind: MessageKind;
  readonly priority: Priority;
  readonly offerId: string | null;
  readonly content: Readonly<Record<string, unknown>>;
}

/** Writes the delivery rows of each thing for each of its recipients; what was queued before under the same cause is not again. */
export const queueNotes = async (tx: Tx, notes: readonly Note[]): Promise<number> => {
  const told = notes.filter(({ recipients }) => recipients.length > 0);
  if (told.length === 0) return 0;
  const codes = unique(told.flatMap(({ organisationCode }) => organisationCode ?? []));
  const [now, hours, digests] = await Promise.all([
    appNow(tx.q),
    openingHoursOf(tx.q, codes),
    lastDigestsOf(tx.q, codes),
  ]);
  return insertDeliveries(
    tx,
    told.map(({ organisationCode = null, ...note }) => ({
      ...note,
      organisationCode,
      dueAt: dueAt(
        note.priority,
        now,
        hours.get(organisationCode ?? "") ?? defaultOpeningHours,
        digests.get(organisationCode ?? ""),
      ),
    })),
  );
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
  const [there, own] = await Promise.all([
    organisationCode === undefined ? undefined : recipientsAt(tx.q, [organisationCode]),
    userId === undefined ? [] : recipientsOfUser(tx.q, userId),
  ]);
  const recipients = [...(there?.get(organisationCode ?? "") ?? []), ...own];
  const content = { subject, lines, link, linkText, ring, ...(page && { page }) };
  const queued = await queueNotes(tx, [
    { organisationCode, recipients, cause, kind, priority, offerId: null, content },
  ]);
  return { queued };
};
