import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Page } from "playwright-core";
import type { Actor } from "../../src/features/access/index.ts";
import { describeWithBrowser } from "../support/index.ts";
import { buildScript } from "./support/build-script.ts";
import { openTown, sitDown, widths, type Town } from "./support/town.ts";
import { tourManager } from "./support/tour-settings.ts";
import { tour } from "./support/tour.ts";

const folder = fileURLToPath(new URL("../../.screenshots/", import.meta.url));

/* `npm run screenshots`: every page in both widths into an ignored folder, to be looked at. */
describeWithBrowser("screenshots", (browser) => {
  for (const width of ["desktop", "phone"] as const) {
    let town: Town;
    beforeAll(async () => {
      buildScript();
      mkdirSync(folder, { recursive: true });
      town = await openTown();
    });
    afterAll(async () => town.close());

    it(`of every page, ${widths[width].width} px wide`, { timeout: 240_000 }, async () => {
      const seen: string[] = [];
      const sit = async (actor: Actor) => sitDown(browser(), town, actor, { width });
      const look = async (name: string, page: Page): Promise<void> => {
        seen.push(name);
        await page.screenshot({ path: `${folder}${name}-${widths[width].width}.png`, fullPage: true });
      };
      await tour(town, sit, look);
      await tourManager(town, sit, look);
      expect(seen.length).toBeGreaterThan(10);
    });
  }
});
