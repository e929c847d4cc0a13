import { openDays, type OpeningHours } from "../calendar/index.ts";

/** OPEL, the NHS's Operational Pressures Escalation Levels, as a practice says it of itself. */
export const levels = [1, 2, 3, 4] as const;
export type PressureLevel = (typeof levels)[number];

/** From here on a practice is not asked. */
export const NOT_ASKED_FROM = 3;

export const isNotAsked = (level: number): boolean => level >= NOT_ASKED_FROM;

const WORDS: Readonly<Record<PressureLevel, string>> = {
  1: "OPEL 1, all is well",
  2: "OPEL 2, busy",
  3: "OPEL 3, under pressure",
  4: "OPEL 4, in difficulty",
};

export const speakLevel = (level: PressureLevel): string => WORDS[level];

/** The end of the desk's day: today's closing, or that of the next open day where it has closed already. */
export const endOfDay = (hours: readonly OpeningHours[], now: Date): Date =>
  openDays(hours, now, 1)[0]?.closesAt ?? now;

const MAX_DAYS = 7;

/** A state is declared for a while, never for good: at most a week. */
export const isAllowedExpiry = (now: Date, expiresAt: Date): boolean =>
  expiresAt > now && expiresAt.getTime() <= now.getTime() + MAX_DAYS * 86_400_000;
