import { z } from "zod";
import { appNow, type Database, type Tx } from "../../platform/db/database.ts";
import { groupedByStream, readAfter } from "../../platform/event-log/event-log.ts";
import { unique } from "../../platform/lists/lists.ts";
import { recipientsAt } from "./deliveries.repository.ts";
import { behindCursors, moveCursors, readKnown, takeCursors } from "./derive.repository.ts";
import { heardIn } from "./heard.rules.ts";
import { heardTypes, namedIn } from "./heard.schema.ts";
import { linesWithoutIdentifiers, withoutIdentifiers } from "./note.rules.ts";
import { queueNotes } from "./queue.service.ts";

const EVENTS_AT_ONCE = 500;
const ORGANISATIONS_AT_ONCE = 500;
/** On a busy day dozens of logs grow each second: one transaction for each of them took the time of those who plan. */
const ORGANISATIONS_A_TRANSACTION = 50;

const words = z.object({ subject: z.string(), lines: z.array(z.string()) }).loose();

/** Our own words hold names that people typed: cleaned as everything is (P1). Of an offer there are none yet. */
const cleaned = (content: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  const parsed = words.safeParse(content);
  if (!parsed.success) return content;
  const { subject, lines, ...rest } = parsed.data;
  return {
    ...rest,
    subject: withoutIdentifiers(subject, 150),
    lines: linesWithoutIdentifiers(lines.map((line) => withoutIdentifiers(line, 300))),
  };
};

/**
 * Reads on in the logs of some organisations: deliveries and cursors in one transaction, so that nothing is lost or
 * doubled. Answers whether any of them has more.
 */
const readOn = async (tx: Tx, codes: readonly string[]): Promise<boolean> => {
  const events = groupedByStream(await readAfter(tx.q, await takeCursors(tx, codes), EVENTS_AT_ONCE));
  if (events.size === 0) return false;
  const heard = [...events.values()].flat().filter(({ type }) => heardTypes.includes(type));
  if (heard.length > 0) {
    const known = await readKnown(tx.q, namedIn(heard), await appNow(tx.q));
    const notes = [...groupedByStream(heard)].flatMap(([organisationCode, mine]) =>
      mine.flatMap((event) =>
        heardIn(event, known).map((note) => ({ ...note, organisationCode, content: cleaned(note.content) })),
      ),
    );
    if (notes.length > 0) {
      // For all of them at once: on a busy day these are dozens, and each of their statements took the time of those who plan.
      const recipients = await recipientsAt(tx.q, unique(notes.map(({ organisationCode }) => organisationCode)));
      await queueNotes(
        tx,
        notes.map((note) => ({ ...note, recipients: recipients.get(note.organisationCode) ?? [] })),
      );
    }
  }
  await moveCursors(
    tx,
    [...events].map(([stream, read]) => ({ stream, after: read.at(-1)?.offset ?? 0 })),
  );
  return [...events.values()].some(({ length }) => length === EVENTS_AT_ONCE);
};

/**
 * Turns what has happened into what people are told. Features write their events and know nothing of mail; a lower feature
 * cannot forget it, and a mail that should not go cannot undo what was agreed. Returns how many logs were read.
 */
export const deriveDeliveries = async (database: Database): Promise<number> => {
  const behind = await behindCursors(database.q, ORGANISATIONS_AT_ONCE);
  for (let at = 0; at < behind.length; at += ORGANISATIONS_A_TRANSACTION) {
    const codes = behind.slice(at, at + ORGANISATIONS_A_TRANSACTION);
    let hasMore = true;
    while (hasMore) hasMore = await database.transact(async (tx) => readOn(tx, codes));
  }
  return behind.length;
};
