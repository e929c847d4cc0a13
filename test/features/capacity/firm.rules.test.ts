import { describe, expect, it } from "vitest";
import { firmSince, isFirmToday } from "../../../src/features/capacity/index.ts";

describe("firm capacity", () => {
  it("C5: on a working day only today's confirmation counts", () => {
    const tuesday = new Date("2026-12-22T09:00:00Z");
    expect(isFirmToday({ pledge: "firm", confirmedOn: "2026-12-22" }, tuesday)).toBe(true);
    expect(isFirmToday({ pledge: "firm", confirmedOn: "2026-12-21" }, tuesday)).toBe(false);
    expect(isFirmToday({ pledge: "firm", confirmedOn: null }, tuesday)).toBe(false);
    expect(isFirmToday({ pledge: "ask", confirmedOn: "2026-12-22" }, tuesday)).toBe(false);
  });

  it("C5: a confirmation of Christmas Eve holds through the holiday and its weekend", () => {
    expect(firmSince(new Date("2026-12-28T12:00:00Z"))).toBe("2026-12-24");
    expect(firmSince(new Date("2026-12-29T00:30:00Z"))).toBe("2026-12-29");
  });

  it("T1: the day is London's, also in summer's first hour", () => {
    expect(firmSince(new Date("2026-06-30T23:30:00Z"))).toBe("2026-07-01");
  });
});
