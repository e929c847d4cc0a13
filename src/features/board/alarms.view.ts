import { londonDate, londonTime, speakInstant } from "../calendar/index.ts";
import { nameOfAlarm, todoOfAlarm, type AlarmView } from "../alarms/index.ts";

/** Today's times without the day: shorter to read in a hurry. */
const speakAt = (iso: string, now: Date): string => {
  const at = new Date(iso);
  return londonDate(at) === londonDate(now) ? londonTime(at) : speakInstant(at);
};

/** Whom it is put to, and who is next. */
const speakLevel = (alarm: AlarmView, now: Date): string => {
  if (alarm.level === 2) return "With every broker";
  const who = alarm.level === 0 ? alarm.ownerName : alarm.deputyName;
  const next = alarm.level === 0 && alarm.deputyName !== null ? alarm.deputyName : "every broker";
  const goesOn = alarm.climbsAt === null ? "" : `, goes to ${next} at ${speakAt(alarm.climbsAt, now)}`;
  return `With ${who ?? "nobody"}${goesOn}`;
};

/** Alarms of one silent desk are one call to make, and one line. */
const perCall = (alarms: readonly AlarmView[]): { readonly first: AlarmView; readonly all: readonly AlarmView[] }[] => {
  const calls = new Map<string, AlarmView[]>();
  for (const alarm of alarms) {
    const key =
      alarm.kind === "desk-silent" ? `${alarm.deskCode} ${alarm.acknowledgedAt === null ? "open" : "taken"}` : alarm.id;
    calls.set(key, [...(calls.get(key) ?? []), alarm]);
  }
  return [...calls.values()].flatMap((all) => (all[0] === undefined ? [] : [{ first: all[0], all }]));
};

/** Live alarms in the words of the board: first those that nobody has taken in hand. */
export const presentAlarms = (alarms: readonly AlarmView[], now: Date, nameOf: (service: string) => string) => {
  const shown = perCall(alarms).map(({ first, all }) => ({
    id: first.id,
    name: nameOfAlarm(first.kind),
    todo: todoOfAlarm(first.kind),
    isGrave: first.kind !== "half-way" && first.kind !== "mailbox-dead",
    desk: first.deskName,
    phone: first.phone,
    requests: all.flatMap((alarm) =>
      alarm.reference === null
        ? []
        : [
            {
              reference: alarm.reference,
              what: alarm.needs === 0 ? "" : `${alarm.needs} × ${alarm.services.map(nameOf).join(", ")}`,
              home: alarm.homeName === first.deskName ? undefined : alarm.homeName,
              by: alarm.breaksAt === null ? undefined : speakAt(alarm.breaksAt, now),
            },
          ],
    ),
    who: first.acknowledgedBy === null ? speakLevel(first, now) : `${first.acknowledgedBy} is on it`,
    isTaken: first.acknowledgedAt !== null,
  }));
  return { open: shown.filter(({ isTaken }) => !isTaken), taken: shown.filter(({ isTaken }) => isTaken) };
};
