import { addOpenMinutes, openFrom, openMinutesBetween, type OpeningHours } from "../calendar/index.ts";

/*
 * When alarms are raised and how they climb (F2). All times count the open hours of the desk concerned (T1): of the home
 * practice for what it is short of, of the asked practice for what it has not seen, of the federation for climbing.
 */

export const alarmKinds = ["half-way", "last-hour", "desk-silent", "returned", "ring-patient", "mailbox-dead"] as const;
export type AlarmKind = (typeof alarmKinds)[number];

type Priority = "routine" | "urgent" | "asap";

/** Whom an alarm is put to. */
export const OWNER = 0;
export const DEPUTY = 1;
export const EVERYBODY = 2;
export type Level = typeof OWNER | typeof DEPUTY | typeof EVERYBODY;

const LAST_HOUR = 60;

/** Half-way through the open time between two instants; through the time by the clock, where the desk never opens between them. */
export const halfWay = (hours: readonly OpeningHours[], from: Date, until: Date): Date => {
  const open = openMinutesBetween(hours, from, until);
  return open > 0
    ? addOpenMinutes(hours, from, open / 2)
    : new Date(from.getTime() + Math.max(0, until.getTime() - from.getTime()) / 2);
};

/**
 * When the last workable hour before `until` begins: 60 open minutes are left, and the desk is open to use them. `from`
 * itself where there never were as many.
 */
export const lastHour = (hours: readonly OpeningHours[], from: Date, until: Date): Date => {
  const open = openMinutesBetween(hours, from, until);
  if (open === 0) return from;
  return openFrom(hours, addOpenMinutes(hours, from, Math.max(0, open - LAST_HOUR)));
};

/** Both of a need line. Where the last hour comes first, nothing is said half-way. */
export const lineTimes = (
  hours: readonly OpeningHours[],
  from: Date,
  until: Date,
): { readonly halfAt: Date; readonly lastHourAt: Date } => {
  const lastHourAt = lastHour(hours, from, until);
  const half = halfWay(hours, from, until);
  return { halfAt: half < lastHourAt ? half : lastHourAt, lastHourAt };
};

/** Home has so many open minutes to ring a patient whose time has gone, before the broker is told. */
const RING_MINUTES = 30;

export const ringBy = (hours: readonly OpeningHours[], madeAt: Date): Date =>
  addOpenMinutes(hours, madeAt, RING_MINUTES);

/** Minutes that an alarm waits for an acknowledgement before it climbs. */
const CLIMB_MINUTES: Readonly<Record<AlarmKind, number>> = {
  "half-way": 60,
  "last-hour": 10,
  "desk-silent": 15,
  returned: 30,
  "ring-patient": 15,
  "mailbox-dead": 120,
};

/** Who is named in the rota, and may be put to: undefined is nobody, or somebody who is away or has left. */
export interface Rota {
  readonly owner: string | undefined;
  readonly deputy: string | undefined;
}

/** The lowest level, not below `from`, at which somebody is there. Everybody always is. */
export const levelFrom = (rota: Rota, from: Level): Level => {
  if (from === OWNER && rota.owner !== undefined) return OWNER;
  return from <= DEPUTY && rota.deputy !== undefined ? DEPUTY : EVERYBODY;
};

/** One level up, past whoever is away. Undefined: everybody has been told, and nobody stands above. */
export const climbFrom = (rota: Rota, level: Level): Level | undefined =>
  level === EVERYBODY ? undefined : levelFrom(rota, level === OWNER ? DEPUTY : EVERYBODY);

/**
 * When an alarm at this level climbs, if nobody acknowledges it: in open time of the federation's desk, so that a night does
 * not carry every alarm to everybody; by the clock for asap. Null at the top.
 */
export const climbsAt = (
  hours: readonly OpeningHours[],
  now: Date,
  alarm: { readonly kind: AlarmKind; readonly priority: Priority; readonly level: Level },
): Date | null => {
  if (alarm.level === EVERYBODY) return null;
  const minutes = CLIMB_MINUTES[alarm.kind];
  return alarm.priority === "asap" ? new Date(now.getTime() + minutes * 60_000) : addOpenMinutes(hours, now, minutes);
};
