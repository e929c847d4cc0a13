import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isOpenAt, openMinutesBetween, type OpeningHours } from "../../../src/features/calendar/index.ts";
import {
  climbFrom,
  climbsAt,
  DEPUTY,
  EVERYBODY,
  halfWay,
  lastHour,
  levelFrom,
  lineTimes,
  OWNER,
  ringBy,
} from "../../../src/features/alarms/alarms.rules.ts";
import { weekdayHours } from "../../support/index.ts";

const at = (iso: string): Date => new Date(iso);

/** Half-days and late openings, some on Saturdays: never a week without an open minute. */
const hours = fc
  .array(
    fc.record({
      weekday: fc.integer({ min: 1, max: 6 }),
      opens: fc.constantFrom("07:30", "08:00", "09:15"),
      closes: fc.constantFrom("12:00", "17:00", "18:30"),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((week): OpeningHours[] => week);

/** Windows of minutes to weeks, on any minute of two years: clock changes and bank holidays are among them. */
const window = fc
  .tuple(
    fc.date({ min: at("2026-01-01T00:00:00Z"), max: at("2027-12-31T00:00:00Z"), noInvalidDate: true }),
    fc.integer({ min: 1, max: 30 * 24 * 60 }),
  )
  .map(([from, minutes]) => ({ from, until: new Date(from.getTime() + minutes * 60_000) }));

describe("half-way through the open time (F2, T1)", () => {
  it("leaves as many open minutes behind as ahead, across clock changes and bank holidays", () => {
    fc.assert(
      fc.property(hours, window, (week, { from, until }) => {
        const half = halfWay(week, from, until);
        const [before, after] = [openMinutesBetween(week, from, half), openMinutesBetween(week, half, until)];
        expect(half >= from && half <= until).toBe(true);
        expect(Math.abs(before - after)).toBeLessThan(0.001);
      }),
    );
  });

  it.each([
    ["a working day", "2026-12-21T09:00:00Z", "2026-12-21T17:00:00Z", "2026-12-21T13:00:00.000Z"],
    ["over a night", "2026-12-21T17:30:00Z", "2026-12-22T09:00:00Z", "2026-12-21T18:30:00.000Z"],
    [
      "over Christmas: Friday and Monday are bank holidays",
      "2026-12-24T17:30:00Z",
      "2026-12-29T11:00:00Z",
      "2026-12-29T09:00:00.000Z",
    ],
    ["over the end of summer time", "2026-10-23T16:30:00Z", "2026-10-26T11:00:00Z", "2026-10-26T09:00:00.000Z"],
    [
      "when the desk never opens in between, by the clock",
      "2026-12-19T09:00:00Z",
      "2026-12-20T09:00:00Z",
      "2026-12-19T21:00:00.000Z",
    ],
  ])("%s", (_name, from, until, half) => {
    expect(halfWay(weekdayHours, at(from), at(until)).toISOString()).toBe(half);
  });
});

describe("the last workable hour (F2, T1)", () => {
  it("begins while the desk is open, with at most 60 open minutes left, and with 60 wherever there were as many", () => {
    fc.assert(
      fc.property(hours, window, (week, { from, until }) => {
        const begins = lastHour(week, from, until);
        const open = openMinutesBetween(week, from, until);
        expect(begins >= from && begins <= until).toBe(true);
        expect(openMinutesBetween(week, begins, until)).toBeCloseTo(Math.min(60, open), 3);
        expect(open === 0 || isOpenAt(week, begins)).toBe(true);
      }),
    );
  });

  it("is the first hour of the day, where that is all that is left", () => {
    expect(lastHour(weekdayHours, at("2026-12-21T09:00:00Z"), at("2026-12-24T09:00:00Z")).toISOString()).toBe(
      "2026-12-24T08:00:00.000Z",
    );
    expect(lastHour(weekdayHours, at("2026-12-21T09:00:00Z"), at("2026-12-29T08:30:00Z")).toISOString()).toBe(
      "2026-12-24T18:00:00.000Z",
    );
  });

  it("never comes before the half-way alarm of the same line", () => {
    fc.assert(
      fc.property(hours, window, (week, { from, until }) => {
        const { halfAt, lastHourAt } = lineTimes(week, from, until);
        expect(halfAt <= lastHourAt).toBe(true);
      }),
    );
  });
});

describe("ringing a patient whose time has gone", () => {
  it("is due after 30 minutes in which home's desk is open", () => {
    expect(ringBy(weekdayHours, at("2026-12-24T18:15:00Z")).toISOString()).toBe("2026-12-29T08:15:00.000Z");
  });
});

describe("climbing (F2)", () => {
  const [owner, deputy] = ["owner", "deputy"];

  it("goes from the owner to the deputy to everybody, past whoever is away, and no further", () => {
    expect(levelFrom({ owner, deputy }, OWNER)).toBe(OWNER);
    expect(climbFrom({ owner, deputy }, OWNER)).toBe(DEPUTY);
    expect(climbFrom({ owner, deputy }, DEPUTY)).toBe(EVERYBODY);
    expect(levelFrom({ owner: undefined, deputy }, OWNER)).toBe(DEPUTY);
    expect(climbFrom({ owner, deputy: undefined }, OWNER)).toBe(EVERYBODY);
    expect(levelFrom({ owner: undefined, deputy: undefined }, OWNER)).toBe(EVERYBODY);
    expect(climbFrom({ owner, deputy }, EVERYBODY)).toBeUndefined();
  });

  it("waits in open time of the federation, by the clock for asap, and not at all at the top", () => {
    const evening = at("2026-12-23T18:25:00Z");
    const alarm = { kind: "last-hour", priority: "urgent", level: OWNER } as const;
    expect(climbsAt(weekdayHours, evening, alarm)?.toISOString()).toBe("2026-12-24T08:05:00.000Z");
    expect(climbsAt(weekdayHours, evening, { ...alarm, priority: "asap" })?.toISOString()).toBe(
      "2026-12-23T18:35:00.000Z",
    );
    expect(climbsAt(weekdayHours, evening, { ...alarm, level: EVERYBODY })).toBeNull();
  });
});
