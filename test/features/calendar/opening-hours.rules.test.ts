import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addOpenDays,
  addOpenMinutes,
  defaultOpeningHours,
  isOpenAt,
  londonTime,
  nextOpening,
  openFrom,
  openMinutesBetween,
  openingWeekSchema,
  type OpeningHours,
} from "../../../src/features/calendar/index.ts";

const at = (iso: string): Date => new Date(iso);
const usual = defaultOpeningHours;

const time = (quarter: number): string =>
  `${String(Math.floor(quarter / 4)).padStart(2, "0")}:${String((quarter % 4) * 15).padStart(2, "0")}`;

/** Any week that could be entered: several stretches a day, overlapping ones too, weekends, up to midnight. */
const weeks: fc.Arbitrary<OpeningHours[]> = fc.array(
  fc
    .tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 0, max: 94 }), fc.integer({ min: 1, max: 40 }))
    .map(([weekday, opens, length]) => ({
      weekday,
      opens: time(opens),
      closes: time(Math.min(96, opens + length)),
    })),
  { minLength: 1, maxLength: 10 },
);
/** Around Christmas and both clock changes as often as not. */
const instants = fc.oneof(
  ...["2026-01-01", "2026-03-27", "2026-10-23", "2026-12-22"].map((from) =>
    fc.integer({ min: 0, max: 8 * 1440 }).map((minutes) => new Date(Date.parse(from) + minutes * 60_000)),
  ),
);

describe("T1: opening hours", () => {
  it("are open from the opening minute up to the closing minute", () => {
    expect(isOpenAt(usual, at("2026-12-21T07:59:59Z"))).toBe(false);
    expect(isOpenAt(usual, at("2026-12-21T08:00:00Z"))).toBe(true);
    expect(isOpenAt(usual, at("2026-12-21T18:29:59Z"))).toBe(true);
    expect(isOpenAt(usual, at("2026-12-21T18:30:00Z"))).toBe(false);
    expect(isOpenAt(usual, at("2026-07-06T07:00:00Z"))).toBe(true);
    expect(isOpenAt(usual, at("2026-12-25T10:00:00Z"))).toBe(false);
    expect(isOpenAt(usual, at("2026-12-28T10:00:00Z"))).toBe(false);
  });

  it("F1: open next on the next working day, past weekends and bank holidays", () => {
    expect(nextOpening(usual, at("2026-12-24T17:00:00Z"))).toEqual(at("2026-12-29T08:00:00Z"));
    expect(nextOpening(usual, at("2026-12-21T06:00:00Z"))).toEqual(at("2026-12-21T08:00:00Z"));
    expect(nextOpening(usual, at("2026-12-21T08:00:00Z"))).toEqual(at("2026-12-22T08:00:00Z"));
    expect(openFrom(usual, at("2026-12-21T12:00:00Z"))).toEqual(at("2026-12-21T12:00:00Z"));
    expect(openFrom(usual, at("2026-12-21T20:00:00Z"))).toEqual(at("2026-12-22T08:00:00Z"));
  });

  it("O2: two open hours from late afternoon run on into the next open day", () => {
    expect(addOpenMinutes(usual, at("2026-12-24T17:30:00Z"), 120)).toEqual(at("2026-12-29T09:00:00Z"));
    expect(addOpenMinutes(usual, at("2026-12-21T16:30:00Z"), 120)).toEqual(at("2026-12-21T18:30:00Z"));
    expect(addOpenMinutes(usual, at("2026-12-20T12:00:00Z"), 30)).toEqual(at("2026-12-21T08:30:00Z"));
    expect(openMinutesBetween(usual, at("2026-12-24T17:30:00Z"), at("2026-12-29T09:00:00Z"))).toBe(120);
  });

  it("O2: one open day ends at the same time of the next open day", () => {
    expect(addOpenDays(usual, at("2026-12-21T14:30:00Z"), 1)).toEqual(at("2026-12-22T14:30:00Z"));
    expect(addOpenDays(usual, at("2026-12-24T14:30:00Z"), 1)).toEqual(at("2026-12-29T14:30:00Z"));
    expect(addOpenDays(usual, at("2026-12-19T14:30:00Z"), 1)).toEqual(at("2026-12-22T08:00:00Z"));
    // The clocks go back in the night of Saturday: Monday 14:30 is 73 hours after Friday 14:30.
    expect(addOpenDays(usual, at("2026-10-23T13:30:00Z"), 1)).toEqual(at("2026-10-26T14:30:00Z"));
    const short = [...usual.filter(({ weekday }) => weekday !== 2), { weekday: 2, opens: "09:00", closes: "12:00" }];
    expect(addOpenDays(short, at("2026-12-21T14:30:00Z"), 1)).toEqual(at("2026-12-22T12:00:00Z"));
    expect(addOpenDays(short, at("2026-12-21T08:10:00Z"), 1)).toEqual(at("2026-12-22T09:00:00Z"));
  });

  it("C3: count as the default where none are known, so that everything ends some time", () => {
    expect(addOpenMinutes([], at("2026-12-21T10:00:00Z"), 60)).toEqual(at("2026-12-21T11:00:00Z"));
  });

  it("do not open on Christmas Day, even a Saturday one", () => {
    const everyDay = [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({ weekday, opens: "08:00", closes: "20:00" }));
    expect(isOpenAt(everyDay, at("2027-12-25T10:00:00Z"))).toBe(false);
    expect(isOpenAt(everyDay, at("2027-12-18T10:00:00Z"))).toBe(true);
  });

  it("adding open minutes and counting them are inverse", () => {
    fc.assert(
      fc.property(weeks, instants, fc.integer({ min: 1, max: 3_000 }), (hours, from, minutes) => {
        const until = addOpenMinutes(hours, from, minutes);
        expect(openMinutesBetween(hours, from, until)).toBeCloseTo(minutes, 6);
        // It is the earliest such instant: a minute before, less time has passed.
        expect(openMinutesBetween(hours, from, new Date(until.getTime() - 60_000))).toBeLessThan(minutes);
      }),
      { numRuns: 300 },
    );
  });

  it("open minutes add up over any instant between, and never exceed the clock", () => {
    fc.assert(
      fc.property(weeks, instants, instants, instants, (hours, a, b, c) => {
        const [from, middle, until] = [a, b, c].sort((left, right) => left.getTime() - right.getTime());
        if (from === undefined || middle === undefined || until === undefined) return;
        const whole = openMinutesBetween(hours, from, until);
        expect(openMinutesBetween(hours, from, middle) + openMinutesBetween(hours, middle, until)).toBeCloseTo(
          whole,
          6,
        );
        expect(whole).toBeLessThanOrEqual((until.getTime() - from.getTime()) / 60_000 + 1e-6);
      }),
      { numRuns: 300 },
    );
  });

  it("later asking is never answered earlier", () => {
    fc.assert(
      fc.property(
        weeks,
        instants,
        fc.integer({ min: 0, max: 5_000 }),
        fc.integer({ min: 1, max: 2_000 }),
        (hours, from, wait, minutes) => {
          const later = new Date(from.getTime() + wait * 60_000);
          expect(addOpenMinutes(hours, later, minutes).getTime()).toBeGreaterThanOrEqual(
            addOpenMinutes(hours, from, minutes).getTime(),
          );
          expect(nextOpening(hours, from).getTime()).toBeGreaterThan(from.getTime());
          expect(addOpenDays(hours, from, 1).getTime()).toBeGreaterThan(from.getTime());
        },
      ),
      { numRuns: 300 },
    );
  });

  it("open at their wall time on both sides of a clock change", () => {
    for (const from of ["2026-03-27T12:00:00Z", "2026-10-23T12:00:00Z"]) {
      const opening = nextOpening(usual, at(from));
      expect(londonTime(opening)).toBe("08:00");
    }
  });

  it("are entered as HH:MM, and must open before they close", () => {
    expect(openingWeekSchema.safeParse([{ weekday: 1, opens: "08:00", closes: "24:00" }]).success).toBe(true);
    expect(openingWeekSchema.safeParse([{ weekday: 1, opens: "18:00", closes: "08:00" }]).success).toBe(false);
    expect(openingWeekSchema.safeParse([{ weekday: 8, opens: "08:00", closes: "09:00" }]).success).toBe(false);
    expect(openingWeekSchema.safeParse([{ weekday: 1, opens: "8:00", closes: "24:30" }]).success).toBe(false);
    expect(openingWeekSchema.safeParse([]).success).toBe(false);
  });

  it("cost little: 10,000 expiries in well under a second", () => {
    const from = performance.now();
    for (let index = 0; index < 10_000; index += 1) {
      addOpenMinutes(usual, new Date(Date.parse("2026-12-21T08:00:00Z") + index * 60_000), 120);
    }
    expect(performance.now() - from).toBeLessThan(1_000);
  });
});
