import { appNow, type Database, type Queryable, type Tx } from "../../platform/db/database.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import { eventFor } from "../../platform/event-log/event-contract.ts";
import { isBroker, type Actor } from "../access/index.ts";
import { recordAudit, system } from "../audit/index.ts";
import { defaultOpeningHours } from "../calendar/index.ts";
import { askForMatching } from "../match-due/index.ts";
import { brokersOf, openingHoursOf } from "../practices/index.ts";
import { expiryNotAllowed, notPaused } from "./pressure.errors.ts";
import { practicePaused, pressureChanged } from "./pressure.events.ts";
import {
  dropPause,
  dropState,
  isAnyOver,
  readAllStates,
  readMemberState,
  readStateOf,
  readStatesIn,
  savePause,
  saveState,
  takeExpiredPauses,
  takeExpiredStates,
} from "./pressure.repository.ts";
import { endOfDay, isAllowedExpiry, isNotAsked } from "./pressure.rules.ts";
import type { PausePracticeCode, PressureBody, PressureView } from "./pressure.schema.ts";

const AT_ONCE = 200;

/** One's own organisation and the federations of its group. */
const streamsFor = async (tx: Tx, code: string, groupCode: string | null): Promise<string[]> => [
  ...new Set([code, ...(groupCode === null ? [] : await brokersOf(tx, groupCode))]),
];

const announceLevel = async (
  tx: Tx,
  { code, groupCode }: { code: string; groupCode: string | null },
  level: number | null,
  expiresAt: string | null,
): Promise<void> => {
  for (const stream of await streamsFor(tx, code, groupCode))
    tx.emit(eventFor(pressureChanged, stream, { organisationCode: code, level, expiresAt }));
};

const stateOf = async (q: Queryable, code: string): Promise<PressureView> => {
  const state = await readStateOf(q, code);
  if (state === undefined) throw notFound("organisation");
  return state;
};

/**
 * A practice says how pressed it is, until the end of its day or another time; null takes it back. From OPEL 3 on nobody
 * new asks it; what waits and what is agreed stays. When it may be asked again, the group is planned at once (M5).
 * @throws `expiry-not-allowed` for a time that has passed, or lies more than a week ahead.
 */
export const declarePressure = async (tx: Tx, actor: Actor, { level, until }: PressureBody): Promise<PressureView> => {
  const { organisationCode: code, groupCode, userId } = actor;
  const before = await stateOf(tx.q, code);
  const now = await appNow(tx.q);
  if (level === null) await dropState(tx, code);
  else {
    const hours = (await openingHoursOf(tx.q, [code])).get(code) ?? defaultOpeningHours;
    const expiresAt = until === undefined ? endOfDay(hours, now) : new Date(until);
    if (until !== undefined && !isAllowedExpiry(now, expiresAt)) throw expiryNotAllowed();
    await saveState(tx, { organisationCode: code, level, userId, expiresAt });
  }
  const after = await stateOf(tx.q, code);
  await recordAudit(tx, actor, "pressure.declare", code, { level, expiresAt: after.expiresAt });
  await announceLevel(tx, { code, groupCode }, after.level, after.expiresAt);
  if (groupCode !== null && before.isNotAsked && !after.isNotAsked)
    await askForMatching(tx, groupCode, "pressure.ended");
  return after;
};

/** One's own state; for a broker those of the group, where there is anything to say. */
export const readPressure = async (q: Queryable, actor: Actor): Promise<PressureView[]> => {
  if (!isBroker(actor)) return [await stateOf(q, actor.organisationCode)];
  return actor.groupCode === null ? [] : readStatesIn(q, actor.groupCode);
};

/** Every practice of the broker's group, the most pressed first. */
export const readPractices = async (q: Queryable, actor: Actor): Promise<PressureView[]> =>
  actor.groupCode === null ? [] : readAllStates(q, actor.groupCode);

/** A practice of the broker's group. @throws not-found for any other, in the same words (P3). */
export const readPractice = async (q: Queryable, actor: Actor, code: string): Promise<PressureView> => {
  const state = actor.groupCode === null ? undefined : await readMemberState(q, actor.groupCode, code);
  if (state === undefined) throw notFound("organisation");
  return state;
};

const announcePause = async (
  tx: Tx,
  { code, groupCode }: { code: string; groupCode: string | null },
  pause: { isPaused: boolean; reason: PausePracticeCode | null; until: string | null },
): Promise<void> => {
  for (const stream of await streamsFor(tx, code, groupCode))
    tx.emit(eventFor(practicePaused, stream, { organisationCode: code, ...pause }));
};

/** A broker stops asking a practice (F3), with a coded reason in the audit trail: it hears so, and why. */
export const pausePractice = async (
  tx: Tx,
  actor: Actor,
  { code, reason, until }: { code: string; reason: PausePracticeCode; until?: string | undefined },
): Promise<PressureView> => {
  await readPractice(tx.q, actor, code);
  const expiresAt = until === undefined ? null : new Date(until);
  if (expiresAt !== null && !isAllowedExpiry(await appNow(tx.q), expiresAt)) throw expiryNotAllowed();
  await savePause(tx, { organisationCode: code, reason, userId: actor.userId, expiresAt });
  const ends = expiresAt?.toISOString() ?? null;
  await recordAudit(tx, actor, "broker.pause-practice", code, { reason, until: ends });
  await announcePause(tx, { code, groupCode: actor.groupCode }, { isPaused: true, reason, until: ends });
  return readPractice(tx.q, actor, code);
};

/** A broker has a practice asked again. @throws `practice-not-paused`. */
export const resumePractice = async (
  tx: Tx,
  actor: Actor,
  { code, reason }: { code: string; reason: PausePracticeCode },
): Promise<PressureView> => {
  await readPractice(tx.q, actor, code);
  if (!(await dropPause(tx, code))) throw notPaused();
  await recordAudit(tx, actor, "broker.resume-practice", code, { reason });
  await announcePause(tx, { code, groupCode: actor.groupCode }, { isPaused: false, reason, until: null });
  if (actor.groupCode !== null) await askForMatching(tx, actor.groupCode, "practice.resumed");
  return readPractice(tx.q, actor, code);
};

/** Ends what has expired: whoever it concerns hears so, and who may be asked again is planned for (M5). */
export const expirePressure = async (database: Database): Promise<void> => {
  if (!(await isAnyOver(database.q))) return;
  await database.transact(async (tx) => {
    const due = new Set<string>();
    for (const { code, groupCode, level } of await takeExpiredStates(tx, AT_ONCE)) {
      await announceLevel(tx, { code, groupCode }, null, null);
      await recordAudit(tx, system, "pressure.expire", code, { level });
      if (groupCode !== null && isNotAsked(level)) due.add(groupCode);
    }
    for (const { code, groupCode } of await takeExpiredPauses(tx, AT_ONCE)) {
      await announcePause(tx, { code, groupCode }, { isPaused: false, reason: null, until: null });
      await recordAudit(tx, system, "pause.expire", code);
      if (groupCode !== null) due.add(groupCode);
    }
    for (const groupCode of [...due].sort()) await askForMatching(tx, groupCode, "pressure.ended");
  });
};
