import { appNow, type Database, type Queryable, type Tx } from "../../platform/db/database.ts";
import { notFound } from "../../platform/errors/domain-error.ts";
import { eventFor } from "../../platform/event-log/event-contract.ts";
import { unique } from "../../platform/lists/lists.ts";
import type { Actor } from "../access/index.ts";
import { recordAudit, system } from "../audit/index.ts";
import { defaultOpeningHours } from "../calendar/index.ts";
import { brokersOf, openingHoursOf } from "../practices/index.ts";
import { queueMail } from "../reach/index.ts";
import { alarmAcknowledged, alarmClimbed, alarmEnded, alarmRaised } from "./alarms.events.ts";
import {
  findAlarm,
  insertAlarm,
  listEnded,
  listLive,
  lockClimbing,
  lockWithSame,
  setAcknowledged,
  setEnded,
  setLevel,
  type LockedAlarm,
} from "./alarms.repository.ts";
import { climbFrom, climbsAt, EVERYBODY, levelFrom, lineTimes, halfWay, ringBy } from "./alarms.rules.ts";
import type { AlarmView } from "./alarms.schema.ts";
import { alarmMail } from "./alarms.words.ts";
import { readCauses, readSettled } from "./causes.repository.ts";
import { onDuty, rotaFor, type Duty } from "./rota.service.ts";
import { dropSettledWatches, readUnwatched, saveWatches, type Watch } from "./watch.repository.ts";

/** So much in one transaction; the next round of the sweep takes the rest. */
const AT_ONCE = 500;
/** Raising and climbing tell people: fewer at once, so that no round of the sweep waits long for them. */
const TOLD_AT_ONCE = 100;

/** Works out when alarms become due about whatever is open and has no times yet, and forgets what is settled. */
export const watchOpen = async (database: Database): Promise<void> => {
  await dropSettledWatches(database.q);
  const open = await readUnwatched(database.q, AT_ONCE);
  if (open.length === 0) return;
  const hours = await openingHoursOf(database.q, unique(open.map(({ deskCode }) => deskCode)));
  const watches = open.map(({ kind, subject, deskCode, from, until, basis }): Watch => {
    const desk = hours.get(deskCode) ?? defaultOpeningHours;
    if (kind === "line") return { kind, subject, basis, ...lineTimes(desk, from, until) };
    const halfAt = kind === "offer" ? halfWay(desk, from, until) : ringBy(desk, from);
    return { kind, subject, basis, halfAt, lastHourAt: null };
  });
  await saveWatches(database.q, watches);
};

const dutyOf = async (tx: Tx, groupCode: string): Promise<Duty> =>
  tx.once(`alarm duty of ${groupCode}`, async () => rotaFor(tx.q, groupCode));

/** Tells the brokers' screens, and by mail whoever it is put to. */
const put = async (
  tx: Tx,
  alarm: LockedAlarm,
  level: LockedAlarm["level"],
  contract: typeof alarmRaised,
): Promise<void> => {
  const duty = await dutyOf(tx, alarm.groupCode);
  const to = onDuty(duty, alarm, level);
  const view = await findAlarm(tx.q, alarm.groupCode, alarm.id);
  const data = {
    alarmId: alarm.id,
    kind: alarm.kind,
    reference: alarm.reference,
    deskCode: alarm.deskCode,
    priority: alarm.priority,
    level,
    to,
    ring: view?.phone ?? null,
    breaksAt: alarm.breaksAt?.toISOString() ?? null,
  };
  for (const stream of await brokersOf(tx, alarm.groupCode)) tx.emit(eventFor(contract, stream, data));
  if (view === undefined) return;
  for (const userId of to)
    await queueMail(tx, { userId, cause: `alarm:${alarm.id}:${level}`, kind: "alarm", ...alarmMail(view) });
};

/** Raises what is due (F2): each cause once, put to the first in the rota who is there. */
export const raiseDue = async (tx: Tx): Promise<number> => {
  const causes = await readCauses(tx.q, TOLD_AT_ONCE);
  if (causes.length === 0) return 0;
  const now = await appNow(tx.q);
  for (const cause of causes) {
    const { hours, rota } = await dutyOf(tx, cause.groupCode);
    const level = levelFrom(rota, cause.fromLevel);
    const alarm = {
      ...cause,
      ownerId: rota.owner ?? null,
      deputyId: rota.deputy ?? null,
      level,
      climbsAt: climbsAt(hours, now, { ...cause, level }),
    };
    const id = await insertAlarm(tx, alarm);
    if (id === undefined) continue;
    await put(tx, { ...alarm, id, acknowledgedAt: null, endedAt: null }, level, alarmRaised);
    await recordAudit(tx, system, "alarm.raise", cause.reference ?? cause.deskCode, {
      alarmId: id,
      kind: cause.kind,
      level,
    });
  }
  return causes.length;
};

/** Ends alarms whose cause has gone, and says how. */
export const endSettled = async (tx: Tx): Promise<number> => {
  const settled = await readSettled(tx.q, AT_ONCE);
  for (const { id, endedAs } of settled) {
    const alarm = await setEnded(tx, id, endedAs);
    if (alarm === undefined) continue;
    const { groupCode, kind, reference, deskCode } = alarm;
    for (const stream of await brokersOf(tx, groupCode))
      tx.emit(eventFor(alarmEnded, stream, { alarmId: id, kind, reference, deskCode, endedAs }));
    await recordAudit(tx, system, "alarm.end", reference ?? deskCode, { alarmId: id, kind, endedAs });
  }
  return settled.length;
};

/** Puts what nobody acknowledged to the next who is there: owner, deputy, all brokers of the group. */
export const climbDue = async (tx: Tx): Promise<number> => {
  const climbing = await lockClimbing(tx, TOLD_AT_ONCE);
  if (climbing.length === 0) return 0;
  const now = await appNow(tx.q);
  for (const alarm of climbing) {
    const { hours, present } = await dutyOf(tx, alarm.groupCode);
    const named = (id: string | null): string | undefined => (id !== null && present.has(id) ? id : undefined);
    const rota = { owner: named(alarm.ownerId), deputy: named(alarm.deputyId) };
    const level = climbFrom(rota, alarm.level) ?? EVERYBODY;
    await setLevel(tx, alarm.id, level, climbsAt(hours, now, { ...alarm, level }));
    await put(tx, alarm, level, alarmClimbed);
    const data = { alarmId: alarm.id, kind: alarm.kind, level };
    await recordAudit(tx, system, "alarm.climb", alarm.reference ?? alarm.deskCode, data);
  }
  return climbing.length;
};

/** One round: what has ended goes first, so that a graver alarm takes the place of a lesser one at once. */
export const sweepAlarms = async (database: Database): Promise<void> => {
  await database.transact(endSettled);
  await database.transact(raiseDue);
  await database.transact(climbDue);
};

/**
 * A broker takes an alarm in hand: it climbs no further, and stays in sight until its cause is gone. What is acknowledged
 * already, or has ended, is answered as it stands. Of a silent desk, one acknowledgement is for all that waits there.
 * @throws not-found for another group's, like for one that does not exist (P3).
 */
export const acknowledgeAlarm = async (tx: Tx, actor: Actor, id: string): Promise<AlarmView> => {
  const found = actor.groupCode === null ? [] : await lockWithSame(tx, actor.groupCode, id);
  const alarm = found.find((each) => each.id === id);
  if (alarm === undefined || actor.groupCode === null) throw notFound("alarm");
  const open = found.filter(({ acknowledgedAt, endedAt }) => acknowledgedAt === null && endedAt === null);
  if (open.length > 0) {
    await setAcknowledged(
      tx,
      open.map((each) => each.id),
      actor.userId,
    );
    for (const { id: alarmId, kind, reference, deskCode } of open) {
      for (const stream of await brokersOf(tx, actor.groupCode))
        tx.emit(
          eventFor(alarmAcknowledged, stream, { alarmId, kind, reference, deskCode, acknowledgedBy: actor.name }),
        );
      await recordAudit(tx, actor, "alarm.acknowledge", reference ?? deskCode, { alarmId, kind });
    }
  }
  const view = await findAlarm(tx.q, actor.groupCode, id);
  if (view === undefined) throw notFound("alarm");
  return view;
};

/** The alarms of the broker's group. */
export const readAlarms = async (q: Queryable, actor: Actor, state: "live" | "ended"): Promise<AlarmView[]> => {
  if (actor.groupCode === null) return [];
  return state === "live" ? listLive(q, actor.groupCode) : listEnded(q, actor.groupCode);
};
