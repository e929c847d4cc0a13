import { unique } from "../../platform/lists/lists.ts";
import { londonDate, londonInstant, londonTime, speakInstant } from "../calendar/index.ts";
import { requirementNames, requirements } from "../services/index.ts";
import type { Member, PlannedClinic, SeekingNeed, Snapshot } from "./snapshot.ts";

/** One change that would bring more needs of a request under cover, as found by solving with the change made. */
export interface Help {
  readonly kind: "distance" | "later" | "requirement" | "minutes" | "slots";
  /** Needs of the request covered more than now. */
  readonly covers: number;
  /** As it is said at the desk. */
  readonly words: string;
  readonly maxKm?: number;
  readonly dueBy?: string;
  readonly without?: readonly string[];
  readonly minutes?: number;
  readonly slots?: number;
}

const DAY_MS = 86_400_000;
const WINDOW_DAYS = 60;
/** How much longer is worth asking for: who needs it later than that posts again. */
const MOST_DAYS = 7;
/** Twenty miles: farther nobody is sent for an ordinary appointment. A line that already goes farther may go as far as any. */
const FAR_KM = 32;
const ANY_KM = 80;

export const farthestFor = ({ maxKm }: SeekingNeed): number => (maxKm < FAR_KM ? FAR_KM : ANY_KM);

/** The same wall time some days later. */
export const laterBy = (dueBy: Date, days: number): Date => {
  const day = new Date(Date.parse(`${londonDate(dueBy)}T00:00:00Z`) + days * DAY_MS);
  return londonInstant(day.toISOString().slice(0, 10), londonTime(dueBy));
};

/** Days by which the window of a line can be made longer (R1), one by one. */
export const daysFor = ({ earliest, dueBy }: SeekingNeed): number[] => {
  const left = WINDOW_DAYS - Math.ceil((dueBy.getTime() - earliest.getTime()) / DAY_MS);
  return Array.from({ length: Math.max(0, Math.min(MOST_DAYS, left)) }, (_, at) => at + 1);
};

/** Whole kilometres at which another practice with a clinic for the service comes within reach, near ones first. */
export const distancesFor = (
  need: SeekingNeed,
  clinics: readonly PlannedClinic[],
  kmTo: (code: string) => number,
): number[] => {
  const hosts = new Set(
    clinics.filter(({ services }) => services.includes(need.service)).map((each) => each.organisationCode),
  );
  const steps = [...hosts].map((code) => Math.ceil(kmTo(code)));
  return unique(steps)
    .filter((km) => km > need.maxKm && km <= farthestFor(need))
    .toSorted((a, b) => a - b);
};

/** Shorter appointments that slots of this service are made for, long ones first. */
export const minutesFor = (need: SeekingNeed, clinics: readonly PlannedClinic[]): number[] => {
  const lengths = new Set(
    clinics.filter(({ services }) => services.includes(need.service)).map((each) => each.slotMinutes),
  );
  const shorter = [...lengths].flatMap((length) =>
    Array.from({ length: Math.ceil(need.minutes / length) - 1 }, (_, at) => (at + 1) * length),
  );
  return unique(shorter)
    .filter((minutes) => minutes >= 5)
    .toSorted((a, b) => b - a);
};

const IMAGINED = "imagined slots";

/** The snapshot with so many more slots for a need, next door and just before its due-by; undefined where they do not fit its window. */
export const withMoreSlots = (snapshot: Snapshot, need: SeekingNeed, slots: number): Snapshot | undefined => {
  const home = snapshot.members.get(need.homeCode);
  const start = need.dueBy.getTime() - need.minutes * 60_000;
  if (home === undefined || start < Math.max(snapshot.now.getTime(), need.earliest.getTime())) return undefined;
  const host: Member = {
    ...home,
    code: IMAGINED,
    isSigned: true,
    isAccepting: true,
    dailyCap: null,
    provides: need.requires,
    waiting: 0,
    balanceMinutes: 0,
  };
  const clinics = Array.from({ length: slots }, (_, at): PlannedClinic => ({
    id: `${IMAGINED} ${at}`,
    organisationCode: IMAGINED,
    services: [need.service],
    channel: need.channel,
    provides: [],
    slotMinutes: need.minutes,
    isFirm: false,
    slots: [{ id: `${IMAGINED} ${at}`, start }],
  }));
  return {
    ...snapshot,
    members: new Map([...snapshot.members, [IMAGINED, host]]),
    clinics: [...snapshot.clinics, ...clinics],
  };
};

/** A step of a series that asks for more and more, and what it gains. */
export interface Step {
  readonly step: number;
  readonly covers: number;
}

/**
 * Of steps that each ask for more than the one before: the least that gains anything, and the least that gains as much as
 * the last. Halves its way, so that few are solved.
 */
export const leastSteps = async (
  steps: readonly number[],
  gainOf: (step: number) => Promise<number>,
): Promise<Step[]> => {
  const last = steps.at(-1);
  if (last === undefined) return [];
  const known = new Map<number, number>();
  const gain = async (step: number): Promise<number> => {
    const found = known.get(step) ?? (await gainOf(step));
    known.set(step, found);
    return found;
  };
  const most = await gain(last);
  if (most <= 0) return [];
  const leastWith = async (wanted: number): Promise<Step> => {
    let [low, high] = [0, steps.length - 1];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if ((await gain(steps[middle] ?? last)) >= wanted) high = middle;
      else low = middle + 1;
    }
    const step = steps[low] ?? last;
    return { step, covers: await gain(step) };
  };
  const first = await leastWith(1);
  return first.covers >= most ? [first] : [first, await leastWith(most)];
};

const isRequirement = (code: string): code is (typeof requirements)[number] =>
  requirements.some((each) => each === code);

/** "step-free access" inside a sentence; languages keep their capital. */
const requirementInWords = (code: string): string => {
  const name = isRequirement(code) ? requirementNames[code] : code;
  return name.startsWith("British") ? name : name.charAt(0).toLowerCase() + name.slice(1);
};

const listInWords = (codes: readonly string[]): string => codes.map(requirementInWords).join(", ");

/** Says distances: the API in kilometres, pages in miles. */
export type SpeakKm = (km: number) => string;

export const distanceHelp = (need: SeekingNeed, { step, covers }: Step, speakKm: SpeakKm): Help => ({
  kind: "distance",
  covers,
  maxKm: step,
  words: `${speakKm(step)} instead of ${speakKm(need.maxKm)} would cover ${covers} more.`,
});

export const laterHelp = (need: SeekingNeed, { step, covers }: Step): Help => {
  const dueBy = laterBy(need.dueBy, step);
  return {
    kind: "later",
    covers,
    dueBy: dueBy.toISOString(),
    words: `${step === 1 ? "One day" : `${step} days`} longer, until ${speakInstant(dueBy)}, would cover ${covers} more.`,
  };
};

export const requirementHelp = (without: readonly string[], covers: number): Help => ({
  kind: "requirement",
  covers,
  without,
  words: `Without ${listInWords(without)}, ${covers} more could be covered.`,
});

export const minutesHelp = (need: SeekingNeed, { step, covers }: Step): Help => ({
  kind: "minutes",
  covers,
  minutes: step,
  words: `${covers} more would fit if ${step} minutes are enough. ${need.minutes} minutes in one piece are not free.`,
});

export const slotsHelp = (need: SeekingNeed, slots: number, covers: number): Help => ({
  kind: "slots",
  covers,
  slots,
  minutes: need.minutes,
  dueBy: need.dueBy.toISOString(),
  words: `${slots} more ${need.minutes}-minute ${slots === 1 ? "slot" : "slots"}${
    need.requires.length === 0 ? "" : ` with ${listInWords(need.requires)}`
  } before ${speakInstant(need.dueBy)} would cover ${covers} more.`,
});

/** What helps most first; of equal ones what home can change itself before what others would have to give. */
export const sortHelps = (helps: readonly Help[]): Help[] => {
  const order: readonly Help["kind"][] = ["distance", "later", "requirement", "minutes", "slots"];
  return helps.toSorted((a, b) => b.covers - a.covers || order.indexOf(a.kind) - order.indexOf(b.kind));
};
