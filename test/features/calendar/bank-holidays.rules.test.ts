import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { bankHoliday, bankHolidaysIn, isWorkingDay } from "../../../src/features/calendar/index.ts";
import { referenceData } from "../../support/index.ts";

const feed = z.object({
  "england-and-wales": z.object({ events: z.array(z.object({ title: z.string(), date: z.string() })) }),
});
const file = referenceData("data/bank-holidays.json");

describe("T1: bank holidays of England", () => {
  it.skipIf(file === undefined)("are those that GOV.UK lists, 2019 to 2028, by date and name", () => {
    const { events } = feed.parse(JSON.parse(readFileSync(file ?? "", "utf8")))["england-and-wales"];
    const computed = Array.from({ length: 10 }, (_, index) => [...bankHolidaysIn(2019 + index)]).flat();
    const byDate = (list: readonly (readonly [string, string])[]) => [...list].sort(([a], [b]) => a.localeCompare(b));
    expect(byDate(computed)).toEqual(byDate(events.map(({ date, title }) => [date, title] as const)));
    expect(computed).toHaveLength(83);
  });

  it("move and add days by proclamation", () => {
    expect(bankHoliday("2020-05-04")).toBeUndefined();
    expect(bankHoliday("2020-05-08")).toBe("Early May bank holiday (VE day)");
    expect(bankHoliday("2022-05-30")).toBeUndefined();
    expect(bankHoliday("2022-06-02")).toBe("Spring bank holiday");
    expect(bankHoliday("2022-09-19")).toMatch(/State Funeral/);
    expect(bankHoliday("2023-05-08")).toMatch(/coronation/);
    expect(bankHoliday("2011-04-29")).toMatch(/royal wedding/);
  });

  it("substitute weekdays where Christmas falls on a weekend", () => {
    expect(bankHoliday("2021-12-27")).toBe("Christmas Day");
    expect(bankHoliday("2021-12-28")).toBe("Boxing Day");
    expect(bankHoliday("2022-12-26")).toBe("Boxing Day");
    expect(bankHoliday("2022-12-27")).toBe("Christmas Day");
    expect(bankHoliday("2026-12-28")).toBe("Boxing Day");
  });

  it("are not working days, nor are weekends", () => {
    expect(isWorkingDay("2026-12-24")).toBe(true);
    expect(isWorkingDay("2026-12-25")).toBe(false);
    expect(isWorkingDay("2026-12-27")).toBe(false);
    expect(isWorkingDay("2026-12-28")).toBe(false);
    expect(isWorkingDay("2026-12-29")).toBe(true);
  });
});
