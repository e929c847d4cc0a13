import { londonDate, londonInstant, speakDay } from "../calendar/index.ts";
import type { Fact, Place } from "./facts.schema.ts";

/** The steps of the two plots of time, each up to so many minutes; what is longer is in the last. */
export const STEPS = [
  { value: "1m", text: "Within 1 minute", minutes: 1 },
  { value: "15m", text: "Within 15 minutes", minutes: 15 },
  { value: "1h", text: "Within 1 hour", minutes: 60 },
  { value: "4h", text: "Within 4 hours", minutes: 240 },
  { value: "1d", text: "Within 1 day", minutes: 1_440 },
  { value: "more", text: "Longer", minutes: Number.POSITIVE_INFINITY },
] as const;
export const stepValues = ["1m", "15m", "1h", "4h", "1d", "more", "none"] as const;
export type Step = (typeof stepValues)[number];

/** On which step a time falls; `none` where it has not happened yet. */
export const stepOf = (minutes: number | null): Step =>
  minutes === null ? "none" : (STEPS.find((step) => minutes <= step.minutes)?.value ?? "more");

export interface Bar {
  readonly value: string;
  readonly text: string;
  readonly count: number;
}

/** How many requests fell on each step, those that wait last. */
export const stepBars = (times: readonly (number | null)[]): Bar[] =>
  [...STEPS, { value: "none", text: "Not yet" } as const].map(({ value, text }) => ({
    value,
    text,
    count: times.filter((minutes) => stepOf(minutes) === value).length,
  }));

/** The middle one of what has happened; undefined for nothing. */
export const median = (times: readonly (number | null)[]): number | undefined => {
  const known = times.filter((minutes) => minutes !== null).toSorted((left, right) => left - right);
  return known[Math.floor((known.length - 1) / 2)];
};

/** `under a minute`, `12 minutes`, `3.5 hours`, `2 days`. */
export const speakMinutes = (minutes: number): string => {
  if (minutes < 1) return "under a minute";
  if (minutes < 90) return `${Math.round(minutes)} ${Math.round(minutes) === 1 ? "minute" : "minutes"}`;
  if (minutes < 2_880) return `${Math.round(minutes / 6) / 10} hours`;
  return `${Math.round(minutes / 144) / 10} days`;
};

const uncovered = ([, , looking, , , , returned]: Fact["lines"][number]): number => looking + returned;
const covered = ([, , , agreed, booked, told]: Fact["lines"][number]): number => agreed + booked + told;

export interface DueDay {
  /** London date. */
  readonly date: string;
  readonly text: string;
  readonly covered: number;
  readonly uncovered: number;
}

const DAY_MS = 86_400_000;

/** Needs by the London day on which they are due, from today on; days without any are left out. */
export const coverByDay = (facts: readonly Fact[], now: Date, days: number): DueDay[] => {
  const found = new Map<string, { covered: number; uncovered: number }>();
  const today = londonDate(now);
  const last = londonDate(new Date(londonInstant(today, "12:00").getTime() + days * DAY_MS));
  for (const line of facts.flatMap(({ lines }) => lines)) {
    const date = londonDate(line[1]);
    if (date < today || date > last) continue;
    const day = found.get(date) ?? { covered: 0, uncovered: 0 };
    found.set(date, { covered: day.covered + covered(line), uncovered: day.uncovered + uncovered(line) });
  }
  return [...found]
    .filter(([, counts]) => counts.covered + counts.uncovered > 0)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([date, counts]) => ({ date, text: speakDay(londonInstant(date, "12:00")), ...counts }));
};

/** What one practice is doing at this moment: needs it is short of, offers it is asked about, appointments it gives. */
export interface Doing extends Place {
  readonly short: number;
  readonly asked: number;
  readonly giving: number;
}

export const whoDoesWhat = (places: readonly Place[], facts: readonly Fact[]): Doing[] => {
  const tally = {
    short: new Map<string, number>(),
    asked: new Map<string, number>(),
    giving: new Map<string, number>(),
  };
  const add = (to: Map<string, number>, code: string, more: number): void =>
    void to.set(code, (to.get(code) ?? 0) + more);
  for (const { homeCode, lines, asked, giving } of facts) {
    add(
      tally.short,
      homeCode,
      lines.reduce((sum, [, , looking]) => sum + looking, 0),
    );
    for (const code of asked) add(tally.asked, code, 1);
    for (const code of giving) add(tally.giving, code, 1);
  }
  return places.map((place) => ({
    ...place,
    short: tally.short.get(place.code) ?? 0,
    asked: tally.asked.get(place.code) ?? 0,
    giving: tally.giving.get(place.code) ?? 0,
  }));
};

export interface MapSize {
  readonly width: number;
  readonly height: number;
  /** Kept free at each edge. */
  readonly margin: number;
}

/**
 * Where places stand on a flat map with north up, in whole units of the drawing: over an area of a county, degrees of
 * longitude shrunk by the cosine of the latitude are true enough. A place without coordinates is not on it.
 */
export const placeOnMap = (
  places: readonly Pick<Place, "code" | "lat" | "lon">[],
  { width, height, margin }: MapSize,
): Map<string, { readonly x: number; readonly y: number }> => {
  const known = places.flatMap(({ code, lat, lon }) => (lat === null || lon === null ? [] : [{ code, lat, lon }]));
  const middle = known.reduce((sum, { lat }) => sum + lat, 0) / Math.max(known.length, 1);
  const shrink = Math.cos((middle * Math.PI) / 180);
  const flat = known.map(({ code, lat, lon }) => ({ code, east: lon * shrink, south: -lat }));
  const easts = flat.map(({ east }) => east);
  const souths = flat.map(({ south }) => south);
  const [west, north] = [Math.min(...easts), Math.min(...souths)];
  const [wide, high] = [Math.max(...easts) - west, Math.max(...souths) - north];
  // One scale for both directions, and the drawing in the middle of what is left.
  const scale = Math.min((width - 2 * margin) / Math.max(wide, 1e-6), (height - 2 * margin) / Math.max(high, 1e-6));
  const [left, top] = [(width - wide * scale) / 2, (height - high * scale) / 2];
  return new Map(
    flat.map(({ code, east, south }) => [
      code,
      { x: Math.round(left + (east - west) * scale), y: Math.round(top + (south - north) * scale) },
    ]),
  );
};
