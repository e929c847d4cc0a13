import { afterAll, beforeAll, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { describeWithBrowser } from "../support/index.ts";
import { axeProblems } from "./support/axe.ts";
import { buildScript } from "./support/build-script.ts";
import { tourManager } from "./support/tour-settings.ts";
import { tour } from "./support/tour.ts";
import { openTown, sitDown, widths, type Town } from "./support/town.ts";

describeWithBrowser("every page in every state", (browser) => {
  let town: Town;
  beforeAll(async () => {
    buildScript();
    town = await openTown();
  });
  afterAll(async () => town.close());

  it.each([
    ["the desks and the board", tour],
    ["what a manager sets up", tourManager],
  ] as const)(
    "axe finds nothing at 1280 px, at 390 px and at zoom 200 %, and nothing scrolls sideways: %s",
    { timeout: 240_000 },
    async (_name, lead) => {
      const problems: string[] = [];
      const look = async (name: string, page: Page): Promise<void> => {
        // 640 px is what a window of 1280 px shows at a zoom of 200 %.
        for (const { width, height } of [widths.desktop, { width: 640, height: 450 }, widths.phone]) {
          await page.setViewportSize({ width, height });
          const found = await axeProblems(page);
          problems.push(...found.map((problem) => `${name} at ${width}: ${problem}`));
          const wide: unknown = await page.evaluate("document.documentElement.scrollWidth");
          if (Number(wide) > width) problems.push(`${name} at ${width}: ${String(wide)} px wide`);
        }
        await page.setViewportSize(widths.desktop);
      };
      await lead(town, async (actor) => sitDown(browser(), town, actor), look);
      expect([...new Set(problems)]).toEqual([]);
    },
  );
});
