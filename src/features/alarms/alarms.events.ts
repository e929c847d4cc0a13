import { z } from "zod";
import { defineEvent } from "../../platform/event-log/event-contract.ts";
import { priorities } from "../requests/index.ts";
import { alarmKinds } from "./alarms.rules.ts";
import { endings } from "./alarms.schema.ts";

const about = {
  alarmId: z.string(),
  kind: z.enum(alarmKinds),
  /** Of the request; null for a mailbox. */
  reference: z.string().nullable(),
  deskCode: z.string(),
};

const put = {
  ...about,
  priority: z.enum(priorities),
  level: z.int(),
  /** The users that it is put to now. */
  to: z.array(z.string()),
  /** The number that rings at the desk concerned: nobody is there, so it is worth ringing. */
  ring: z.string().nullable(),
  breaksAt: z.iso.datetime().nullable(),
};

export const alarmRaised = defineEvent({
  type: "alarm.raised",
  summary:
    "Something is about to fall through (F2): acknowledge it, and ring the desk. Sent to the brokers of the group.",
  data: z.object(put),
});

export const alarmClimbed = defineEvent({
  type: "alarm.climbed",
  summary: "Nobody acknowledged the alarm in time: it is put to the next level. Sent to the brokers of the group.",
  data: z.object(put),
});

export const alarmAcknowledged = defineEvent({
  type: "alarm.acknowledged",
  summary: "A broker has taken the alarm in hand: it climbs no further. Sent to the brokers of the group.",
  data: z.object({ ...about, acknowledgedBy: z.string() }),
});

export const alarmEnded = defineEvent({
  type: "alarm.ended",
  summary: "The alarm's cause has gone, and how. Sent to the brokers of the group.",
  data: z.object({ ...about, endedAs: z.enum(endings) }),
});

export const alarmEvents = [alarmRaised, alarmClimbed, alarmAcknowledged, alarmEnded];
