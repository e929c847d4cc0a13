import { TZDate } from "@date-fns/tz";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { londonDate, londonInstant, londonTime, speakInstant } from "../../../src/features/calendar/index.ts";

const instants = fc
  .date({ min: new Date("2000-01-01T00:00:00Z"), max: new Date("2050-12-31T00:00:00Z"), noInvalidDate: true })
  .map((at) => new Date(Math.floor(at.getTime() / 60_000) * 60_000));

const two = (value: number): string => String(value).padStart(2, "0");

describe("T1: London's wall clock", () => {
  it("agrees with the time-zone data at any instant", () => {
    fc.assert(
      fc.property(instants, (at) => {
        const zoned = new TZDate(at, "Europe/London");
        expect(londonDate(at)).toBe(`${zoned.getFullYear()}-${two(zoned.getMonth() + 1)}-${two(zoned.getDate())}`);
        expect(londonTime(at)).toBe(`${two(zoned.getHours())}:${two(zoned.getMinutes())}`);
      }),
      { numRuns: 1_000 },
    );
  });

  it("comes back to the same wall time, whatever the season", () => {
    fc.assert(
      fc.property(instants, (at) => {
        const back = londonInstant(londonDate(at), londonTime(at));
        expect([londonDate(back), londonTime(back)]).toEqual([londonDate(at), londonTime(at)]);
        // In autumn's repeated hour the first of the two is meant.
        expect([0, 3_600_000]).toContain(at.getTime() - back.getTime());
      }),
      { numRuns: 1_000 },
    );
  });

  it("takes the first of a repeated hour, and goes past a missing one", () => {
    expect(londonInstant("2026-10-25", "01:30").toISOString()).toBe("2026-10-25T00:30:00.000Z");
    expect(londonInstant("2026-10-25", "02:00").toISOString()).toBe("2026-10-25T02:00:00.000Z");
    expect(londonInstant("2026-03-29", "00:59").toISOString()).toBe("2026-03-29T00:59:00.000Z");
    const missing = londonInstant("2026-03-29", "01:30");
    expect(missing.toISOString()).toBe("2026-03-29T01:30:00.000Z");
    expect(londonTime(missing)).toBe("02:30");
    expect(londonInstant("2026-07-01", "08:00").toISOString()).toBe("2026-07-01T07:00:00.000Z");
    expect(londonInstant("2026-12-24", "24:00").toISOString()).toBe("2026-12-25T00:00:00.000Z");
  });

  it("refuses nonsense", () => {
    expect(() => londonInstant("2026-13-01", "08:00")).toThrow(RangeError);
    expect(() => londonInstant("2026-12-01", "25:00")).toThrow(RangeError);
    expect(() => londonInstant("2026-12-01", "24:30")).toThrow(RangeError);
  });

  it("is said as people say it", () => {
    expect(speakInstant(new Date("2026-12-22T14:30:00Z"))).toBe("Tue 22 Dec, 14:30");
    expect(speakInstant(new Date("2026-06-30T23:05:00Z"))).toBe("Wed 1 Jul, 00:05");
  });
});
