import { speakInstant } from "../calendar/index.ts";
import { ringOf } from "./reach.rules.ts";
import type { Member, SeekingNeed } from "./snapshot.ts";

const kmWords = (km: number): string => (km < 0.05 ? "same building" : `${km.toFixed(1)} km`);

const ringWords = (home: Member, host: Member): string[] => {
  const ring = ringOf(home, host);
  return ring === 1 ? ["your buddy practice"] : ring === 2 ? ["same PCN"] : [];
};

/** Why this practice was asked: "1.2 km, same PCN, 3 free 20-minute slots, by Tue 22 Dec, 18:30" (rule M6). */
export const offerReasons = (
  home: Member,
  host: Member,
  needs: readonly SeekingNeed[],
  what: { readonly km: number; readonly slots: number; readonly slotMinutes: number },
): string[] => {
  const dueBy = new Date(Math.min(...needs.map((need) => need.dueBy.getTime())));
  return [
    kmWords(what.km),
    ...ringWords(home, host),
    `${what.slots} free ${what.slotMinutes}-minute ${what.slots === 1 ? "slot" : "slots"}`,
    `by ${speakInstant(dueBy)}`,
  ];
};

/** "5 simple dressings short by Thu 24 Dec: can you take any?" (rule A4). */
export const callReasons = (home: Member, host: Member, needs: readonly SeekingNeed[], km: number): string[] => {
  const dueBy = new Date(Math.min(...needs.map((need) => need.dueBy.getTime())));
  const first = needs[0];
  return [
    `${needs.length} × ${first?.serviceName ?? "appointment"} short by ${speakInstant(dueBy)}: can you take any?`,
    kmWords(km),
    ...ringWords(home, host),
    `no published times cover ${needs.length === 1 ? "it" : "them"}`,
  ];
};

/** The UTC day of a block's start, the unit of daily caps: "practice|YYYY-MM-DD". */
export const dayKey = (host: string, start: Date): string => `${host}|${start.toISOString().slice(0, 10)}`;
