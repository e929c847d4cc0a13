import { z } from "zod";
import { priorities } from "../requests/index.ts";
import { alarmKinds } from "./alarms.rules.ts";

/** How an alarm's cause ended. `last-hour`: the graver alarm of the same line took its place. */
export const endings = [
  "covered",
  "not-needed",
  "returned",
  "moved",
  "last-hour",
  "seen",
  "answered",
  "lapsed",
  "acknowledged-by-home",
  "mailbox-works",
] as const;
export type Ending = (typeof endings)[number];

const instant = z.iso.datetime();

export const alarmView = z.strictObject({
  id: z.uuid(),
  kind: z.enum(alarmKinds),
  /** Of the request; null for a mailbox. */
  reference: z.string().nullable(),
  /** How many needs it is about. */
  needs: z.int(),
  services: z.array(z.string()),
  priority: z.enum(priorities),
  homeName: z.string().nullable(),
  /** The desk to ring, and the number that rings there. */
  deskCode: z.string(),
  deskName: z.string(),
  phone: z.string().nullable(),
  /** Due-by or answer-by; null: it has broken already. */
  breaksAt: instant.nullable(),
  raisedAt: instant,
  /** 0 put to its owner, 1 to the deputy, 2 to every broker of the group. */
  level: z.int().min(0).max(2),
  ownerName: z.string().nullable(),
  deputyName: z.string().nullable(),
  climbsAt: instant.nullable(),
  acknowledgedAt: instant.nullable(),
  acknowledgedBy: z.string().nullable(),
  endedAt: instant.nullable(),
  endedAs: z.enum(endings).nullable(),
});
export type AlarmView = z.output<typeof alarmView>;

export const alarmsQuery = z.strictObject({
  /** live: the cause is still there, whether or not somebody has acknowledged it. */
  state: z.enum(["live", "ended"]).default("live"),
});
/** Unacknowledged first, then what breaks first: at most 500. Ended ones: the latest 100. */
export const alarmsAnswer = z.strictObject({ items: z.array(alarmView) });

export const alarmParams = z.strictObject({ id: z.uuid("This is not the id of an alarm.") });

const person = z.strictObject({ id: z.uuid(), name: z.string(), awayUntil: instant.nullable() });

export const rotaView = z.strictObject({
  organisationCode: z.string(),
  ownerId: z.uuid().nullable(),
  deputyId: z.uuid().nullable(),
  /** The federation's brokers, by name. */
  brokers: z.array(person),
  version: z.int(),
});
export type RotaView = z.output<typeof rotaView>;

export const rotaBody = z
  .strictObject({ ownerId: z.uuid().nullable(), deputyId: z.uuid().nullable() })
  .refine(({ ownerId, deputyId }) => ownerId === null || ownerId !== deputyId, {
    message: "The deputy must be somebody else: one person is not a safety net.",
    path: ["deputyId"],
  });
export type RotaBody = z.output<typeof rotaBody>;

/** Null: back again. */
export const awayBody = z.strictObject({
  until: z.iso.datetime({ offset: true, error: "Use an instant such as 2026-12-28T08:00:00Z." }).nullable(),
});
