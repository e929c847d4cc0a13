import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { storyDays } from "../../src/app/demo/calendar.ts";
import { inventedPractices } from "../../src/app/demo/invented.ts";
import { referenceData } from "../support/index.ts";

it("the story plays on the last working days before a Christmas that is at least a week away", () => {
  expect(storyDays(new Date("2026-11-24T12:00:00Z"))).toMatchObject({
    days: ["2026-12-21", "2026-12-22", "2026-12-23", "2026-12-24"],
    isHoliday: false,
  });
  expect(storyDays(new Date("2026-12-18T12:00:00Z")).days.at(-1)).toBe("2026-12-24");
  expect(storyDays(new Date("2026-12-19T12:00:00Z")).days.at(-1)).toBe("2027-12-24");
  expect(storyDays(new Date("2026-12-25T12:00:00Z")).isHoliday).toBe(true);
});

const practices = referenceData("data/practices.csv");

it.skipIf(practices === undefined)("no invented practice has the name of a real one", async () => {
  const register = (await readFile(practices ?? "", "utf8")).toUpperCase();
  for (const { name } of inventedPractices) expect(register.includes(`,${name.toUpperCase()},`), name).toBe(false);
});
