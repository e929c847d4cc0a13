import { groupBy, unique } from "../../platform/lists/lists.ts";
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
  const calls = groupBy(alarms, (alarm) =>
    alarm.kind === "desk-silent" ? `${alarm.deskCode} ${alarm.acknowledgedAt === null ? "open" : "taken"}` : alarm.id,
  );
  return [...calls.values()].flatMap((all) => (all[0] === undefined ? [] : [{ first: all[0], all }]));
};

/** Several offers of one request are one thing to speak about: how much in all, and by when first. */
const perRequest = (alarms: readonly AlarmView[]) => {
  const references = unique(alarms.flatMap(({ reference }) => (reference === null ? [] : [reference])));
  return references.map((reference) => {
    const own = alarms.filter((alarm) => alarm.reference === reference);
    return {
      reference,
      homeName: own[0]?.homeName ?? null,
      needs: own.reduce((sum, { needs }) => sum + needs, 0),
      services: unique(own.flatMap(({ services }) => services)),
      breaksAt: own.flatMap(({ breaksAt }) => breaksAt ?? []).toSorted((a, b) => a.localeCompare(b))[0] ?? null,
    };
  });
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
    requests: perRequest(all).map(({ reference, needs, services, homeName, breaksAt }) => ({
      reference,
      what: needs === 0 ? "" : `${needs} × ${services.map(nameOf).join(", ")}`,
      home: homeName === first.deskName ? undefined : homeName,
      by: breaksAt === null ? undefined : speakAt(breaksAt, now),
    })),
    who: first.acknowledgedBy === null ? speakLevel(first, now) : `${first.acknowledgedBy} is on it`,
    isTaken: first.acknowledgedAt !== null,
  }));
  return { open: shown.filter(({ isTaken }) => !isTaken), taken: shown.filter(({ isTaken }) => isTaken) };
};
