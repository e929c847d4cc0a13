import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWithBrowser } from "../support/index.ts";
import { buildScript } from "./support/build-script.ts";
import { tourSafety } from "./support/tour-safety.ts";
import { openTown, sitDown, widths, type Town } from "./support/town.ts";

const folder = fileURLToPath(new URL("../../.screenshots/", import.meta.url));

/* `npm run screenshots`: the safety net in both widths, to be looked at. */
describeWithBrowser("screenshots of the safety net", (browser) => {
  for (const width of ["desktop", "phone"] as const) {
    let town: Town;
    beforeAll(async () => {
      buildScript();
      mkdirSync(folder, { recursive: true });
      town = await openTown();
    });
    afterAll(async () => town.close());

    it(`${widths[width].width} px wide`, { timeout: 120_000 }, async () => {
      const seen: string[] = [];
      await tourSafety(
        town,
        async (actor) => sitDown(browser(), town, actor, { width }),
        async (name: string, page: Page) => {
          seen.push(name);
          await page.screenshot({ path: `${folder}safety-${name}-${widths[width].width}.png`, fullPage: true });
        },
      );
      expect(seen.length).toBeGreaterThan(10);
    });
  }
});
