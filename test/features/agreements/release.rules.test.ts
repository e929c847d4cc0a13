import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { extendedRelease, releaseBy } from "../../../src/features/agreements/release.rules.ts";
import { isOpenAt, openMinutesBetween } from "../../../src/features/calendar/index.ts";
import { weekdayHours } from "../../support/builders/organisations.ts";

const HOUR = 3_600_000;
const at = (iso: string): Date => new Date(iso);

describe("H4: by when the details must be passed on", () => {
  it("is half of the open time to the start, with the warning at half of that", () => {
    // Monday 10:00 to Tuesday 10:00 is 8 h 30 and 2 h: 10 h 30 open. Half is 15:15, the warning 12:37:30.
    expect(releaseBy(weekdayHours, at("2026-12-14T10:00:00Z"), at("2026-12-15T10:00:00Z"))).toEqual({
      releaseAt: at("2026-12-14T15:15:00Z"),
      warnAt: at("2026-12-14T12:37:30Z"),
    });
  });

  it("is never later than 2 open hours before the start", () => {
    expect(releaseBy(weekdayHours, at("2026-12-14T10:00:00Z"), at("2026-12-14T13:00:00Z"))?.releaseAt).toEqual(
      at("2026-12-14T11:00:00Z"),
    );
  });

  it("is not there where home would have less than half an hour: no clock takes what is that near", () => {
    expect(releaseBy(weekdayHours, at("2026-12-14T10:00:00Z"), at("2026-12-14T12:29:00Z"))).toBeUndefined();
    expect(releaseBy(weekdayHours, at("2026-12-14T10:00:00Z"), at("2026-12-14T12:30:00Z"))).toBeDefined();
  });

  it("counts no night, weekend or bank holiday", () => {
    // Christmas Eve 16:30 to Tuesday 29 December 10:30: Friday to Monday are closed. 2 h and 2 h 30 open: half is 2 h 15.
    expect(releaseBy(weekdayHours, at("2026-12-24T16:30:00Z"), at("2026-12-29T10:30:00Z"))?.releaseAt).toEqual(
      at("2026-12-29T08:15:00Z"),
    );
  });

  it("always leaves 2 open hours to the start, comes after its warning, and lies in open time; extending stays ahead of the start", () => {
    const instants = fc.integer({ min: Date.parse("2026-03-20T00:00:00Z"), max: Date.parse("2026-12-31T00:00:00Z") });
    const holds = (from: number, hours: number): boolean => {
      const now = new Date(from);
      const startsAt = new Date(from + hours * HOUR);
      const release = releaseBy(weekdayHours, now, startsAt);
      if (release === undefined) return openMinutesBetween(weekdayHours, now, startsAt) < 150;
      const extended = extendedRelease(weekdayHours, now, { releaseAt: release.releaseAt, startsAt });
      const order = [now, release.warnAt, release.releaseAt, extended.releaseAt, startsAt].map(Number);
      return (
        order.every((instant, place) => place === 0 || instant > (order[place - 1] ?? 0)) &&
        openMinutesBetween(weekdayHours, release.releaseAt, startsAt) >= 119.9 &&
        isOpenAt(weekdayHours, new Date(release.releaseAt.getTime() - 1))
      );
    };
    fc.assert(
      fc.property(instants, fc.integer({ min: 1, max: 24 * 40 }), (from, hours) => {
        expect(holds(from, hours)).toBe(true);
      }),
    );
  });
});
