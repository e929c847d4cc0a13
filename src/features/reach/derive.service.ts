import { z } from "zod";
import { appNow, type Database, type Tx } from "../../platform/db/database.ts";
import { readAfter } from "../../platform/event-log/event-log.ts";
import { recipientsOf } from "./deliveries.repository.ts";
import { behindCursors, moveCursor, readKnown, takeCursor } from "./derive.repository.ts";
import { heardIn } from "./heard.rules.ts";
import { heardTypes, namedIn } from "./heard.schema.ts";
import { linesWithoutIdentifiers, withoutIdentifiers } from "./note.rules.ts";
import { queueNote } from "./queue.service.ts";

const EVENTS_AT_ONCE = 500;
const ORGANISATIONS_AT_ONCE = 500;

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

/** Reads on in one organisation's log: deliveries and cursor in one transaction, so that nothing is lost or doubled. */
const readOn = async (tx: Tx, code: string): Promise<boolean> => {
  const after = await takeCursor(tx, code);
  if (after === undefined) return false;
  const events = await readAfter(tx.q, [{ stream: code, after }], EVENTS_AT_ONCE);
  const last = events.at(-1);
  if (last === undefined) return false;
  const heard = events.filter(({ type }) => heardTypes.includes(type));
  if (heard.length > 0) {
    const known = await readKnown(tx.q, namedIn(heard), await appNow(tx.q));
    const notes = heard.flatMap((event) => heardIn(event, known));
    const recipients = notes.length === 0 ? [] : await recipientsOf(tx.q, { organisationCode: code });
    for (const note of notes) await queueNote(tx, code, recipients, { ...note, content: cleaned(note.content) });
  }
  await moveCursor(tx, code, last.offset);
  return events.length === EVENTS_AT_ONCE;
};

/**
 * Turns what has happened into what people are told. Features write their events and know nothing of mail; a lower feature
 * cannot forget it, and a mail that should not go cannot undo what was agreed. Returns how many logs were read.
 */
export const deriveDeliveries = async (database: Database): Promise<number> => {
  const behind = await behindCursors(database.q, ORGANISATIONS_AT_ONCE);
  for (const code of behind) {
    let hasMore = true;
    while (hasMore) hasMore = await database.transact(async (tx) => readOn(tx, code));
  }
  return behind.length;
};
