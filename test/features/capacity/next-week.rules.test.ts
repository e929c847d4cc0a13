import { describe, expect, it } from "vitest";
import {
  askingTimes,
  aWeekLater,
  mondayOf,
  repetitionsOf,
  weekToAskAbout,
  type WeekClinic,
} from "../../../src/features/capacity/next-week.rules.ts";

const clinic = (id: string, startsAt: string, more: Partial<WeekClinic> = {}): WeekClinic => ({
  id,
  siteId: "main",
  lane: null,
  services: ["wound-simple"],
  startsAt: new Date(startsAt),
  endsAt: new Date(Date.parse(startsAt) + 3_600_000),
  seriesId: null,
  ...more,
});
const kinds = (...given: Parameters<typeof repetitionsOf>): string[] =>
  repetitionsOf(...given).map(({ next }) => next.kind);

describe("when a practice is asked about next week (T1)", () => {
  it.each([
    ["2026-12-14", "2026-12-17T10:00:00.000Z", "an ordinary week: Thursday at ten"],
    ["2026-06-15", "2026-06-18T09:00:00.000Z", "in summer, ten in London"],
    ["2026-12-21", "2026-12-24T10:00:00.000Z", "Christmas Eve is a Thursday and a working day"],
    ["2026-03-30", "2026-04-02T09:00:00.000Z", "Maundy Thursday"],
    ["2025-12-22", "2025-12-24T10:00:00.000Z", "Thursday is Christmas Day: Wednesday"],
    ["2022-05-30", "2022-06-01T09:00:00.000Z", "Thursday and Friday are bank holidays: Wednesday"],
  ])("the week of %s: %s (%s)", (monday, from) => {
    expect(askingTimes(monday)?.from.toISOString()).toBe(from);
  });

  it("is neither before ten nor after five on the week's last working day", () => {
    expect(weekToAskAbout(new Date("2026-12-17T09:59:59Z"))).toBeUndefined();
    expect(weekToAskAbout(new Date("2026-12-17T10:00:00Z"))).toBe("2026-12-14");
    expect(weekToAskAbout(new Date("2026-12-18T16:59:00Z"))).toBe("2026-12-14");
    expect(weekToAskAbout(new Date("2026-12-18T17:00:00Z"))).toBeUndefined();
    // Friday is Christmas Day: nobody is there after Thursday.
    expect(weekToAskAbout(new Date("2026-12-24T16:59:00Z"))).toBe("2026-12-21");
    expect(weekToAskAbout(new Date("2026-12-24T17:00:00Z"))).toBeUndefined();
  });

  it("weeks begin on Monday", () => {
    expect(["2026-12-20", "2026-12-21", "2026-12-27"].map(mondayOf)).toEqual([
      "2026-12-14",
      "2026-12-21",
      "2026-12-21",
    ]);
  });
});

describe("what next week would have of this week's clinics", () => {
  const none = new Set<string>();
  const [first, second] = [clinic("a", "2026-12-14T09:00:00Z"), clinic("b", "2026-12-14T09:00:00Z")];

  it("nine stays nine across a clock change", () => {
    expect(aWeekLater(new Date("2026-10-19T08:00:00Z")).toISOString()).toBe("2026-10-26T09:00:00.000Z");
    expect(aWeekLater(new Date("2026-03-23T09:00:00Z")).toISOString()).toBe("2026-03-30T08:00:00.000Z");
  });

  it("a clinic of next week stands for one of this week's at most: said twice, nothing is made twice", () => {
    expect(kinds([first, second], [], none)).toEqual(["publish", "publish"]);
    const one = clinic("x", "2026-12-21T09:00:00Z");
    expect(kinds([first, second], [one], none)).toEqual(["there", "publish"]);
    expect(kinds([first, second], [one, { ...one, id: "y" }], none)).toEqual(["there", "there"]);
    // Somebody has published it already, a little differently.
    expect(kinds([first], [clinic("x", "2026-12-21T09:30:00Z")], none)).toEqual(["there"]);
    expect(kinds([first], [clinic("x", "2026-12-21T09:00:00Z", { services: ["phlebotomy"] })], none)).toEqual([
      "publish",
    ]);
    expect(kinds([first], [clinic("x", "2026-12-21T09:00:00Z", { siteId: "branch" })], none)).toEqual(["publish"]);
  });

  it("C2: bank holidays and closed days are left out, and say so", () => {
    const friday = clinic("f", "2026-12-18T09:00:00Z");
    expect(repetitionsOf([friday], [], none)[0]?.next).toEqual({ kind: "skipped", says: "Christmas Day" });
    expect(kinds([first], [], new Set(["2026-12-21"]))).toEqual(["skipped"]);
  });

  it("what a person took out of a weekly clinic stays out, and a clinician is in one place", () => {
    expect(kinds([clinic("s", "2026-12-14T09:00:00Z", { seriesId: "series" })], [], none)).toEqual(["ended"]);
    const lane = clinic("l", "2026-12-14T09:00:00Z", { lane: "N1" });
    const other = clinic("o", "2026-12-21T09:30:00Z", { lane: "N1", services: ["phlebotomy"] });
    expect(kinds([lane], [other], none)).toEqual(["lane-taken"]);
  });
});
