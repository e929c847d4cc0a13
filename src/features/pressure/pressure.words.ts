import { londonDate, londonTime, speakInstant } from "../calendar/index.ts";
import type { PausePracticeCode, PressureView } from "./pressure.schema.ts";
import { levels, speakLevel } from "./pressure.rules.ts";

const PAUSED: Readonly<Record<PausePracticeCode, string>> = {
  "practice-asked": "The practice asked for it",
  unreachable: "The practice cannot be reached",
  incident: "There is an incident",
  safety: "Patient safety",
  resolved: "It is cleared up",
  other: "Another reason",
};

export const speakPauseReason = (reason: string): string =>
  Object.entries(PAUSED).find(([code]) => code === reason)?.[1] ?? reason;

/** "until 18:30" today, else with its day. */
export const speakUntil = (iso: string, now: Date): string => {
  const at = new Date(iso);
  return londonDate(at) === londonDate(now) ? londonTime(at) : speakInstant(at);
};

/** A state as pages show it. */
export const presentPressure = (state: PressureView, now: Date) => ({
  code: state.organisationCode,
  name: state.name,
  level: state.level,
  words: state.level === null ? undefined : speakLevel(state.level),
  until: state.expiresAt === null ? undefined : speakUntil(state.expiresAt, now),
  isNotAsked: state.isNotAsked,
  paused:
    state.paused === null
      ? undefined
      : {
          why: speakPauseReason(state.paused.reason),
          until: state.paused.until === null ? undefined : speakUntil(state.paused.until, now),
        },
  choices: levels.map((value) => ({ value, text: speakLevel(value), isCurrent: value === state.level })),
});
