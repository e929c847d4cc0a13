import { speakInstant } from "../calendar/index.ts";
import type { AlarmKind } from "./alarms.rules.ts";
import type { AlarmView, Ending } from "./alarms.schema.ts";

/*
 * Alarms in the words of a broker: one line that says what is wrong, one that says what to do.
 */

const NAMES: Readonly<Record<AlarmKind, string>> = {
  "half-way": "Half the time has gone",
  "last-hour": "The last hour has begun",
  "desk-silent": "Nobody at the desk",
  returned: "Came back uncovered",
  "ring-patient": "Patient not rung",
  "mailbox-dead": "Mailbox does not work",
};

const TODO: Readonly<Record<AlarmKind, string>> = {
  "half-way": "Nobody has taken it. Widen, nudge, or ring somebody who has room.",
  "last-hour": "Ring somebody now, or ring home: it has to decide what is done without cover.",
  "desk-silent": "Nobody there has looked at the offer. Ring them.",
  returned: "Nobody of the practice has said that it knows. Ring them.",
  "ring-patient": "The time that the patient was told has gone. Ask the practice to ring the patient.",
  "mailbox-dead": "Mail to this practice comes back. Ring them when something is urgent.",
};

const ENDINGS: Readonly<Record<Ending, string>> = {
  covered: "Covered",
  "not-needed": "Not needed any more",
  returned: "Came back uncovered",
  moved: "There is more time now",
  "last-hour": "The last hour has begun",
  seen: "The desk has looked",
  answered: "Answered",
  lapsed: "Nobody answered in time; others are asked",
  "acknowledged-by-home": "The practice has taken it in hand",
  "mailbox-works": "The mailbox works again",
};

export const nameOfAlarm = (kind: AlarmKind): string => NAMES[kind];
export const todoOfAlarm = (kind: AlarmKind): string => TODO[kind];
export const speakEnding = (ending: Ending): string => ENDINGS[ending];

const about = (alarm: AlarmView): string =>
  [alarm.reference, alarm.homeName].filter((part) => part !== null).join(", ") || alarm.deskName;

/** What the mail about an alarm says; opening its link acknowledges nothing. */
export const alarmMail = (alarm: AlarmView) => ({
  subject: `${nameOfAlarm(alarm.kind)}: ${alarm.kind === "desk-silent" ? `${alarm.deskName}, ${about(alarm)}` : about(alarm)}`,
  lines: [
    ...(alarm.breaksAt === null
      ? []
      : [`${alarm.kind === "desk-silent" ? "Answer by" : "Due by"} ${speakInstant(new Date(alarm.breaksAt))}.`]),
    todoOfAlarm(alarm.kind),
    "Acknowledge it on the board: until somebody does, it goes on to the next.",
  ],
  link: "/board",
  linkText: "Open the board",
  ring: alarm.phone === null ? null : alarm.deskCode,
  priority: alarm.priority === "asap" ? ("asap" as const) : ("urgent" as const),
});
