import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import type { Actor } from "../../src/features/access/index.ts";
import { aUser, describeWithBrowser } from "../support/index.ts";
import { buildScript } from "./support/build-script.ts";
import { tourAnswers } from "./support/tour-answers.ts";
import { tourClinics } from "./support/tour-clinics.ts";
import { tourDoors } from "./support/tour-doors.ts";
import { tourHandover } from "./support/tour-handover.ts";
import { tourPaper } from "./support/tour-paper.ts";
import { tourSafety } from "./support/tour-safety.ts";
import { tourManager } from "./support/tour-settings.ts";
import { tour } from "./support/tour.ts";
import { openTown, sitDown, widths, type Town } from "./support/town.ts";

const folder = fileURLToPath(new URL("../../.screenshots/", import.meta.url));

type Sit = (actor: Actor) => ReturnType<typeof sitDown>;
type Look = (name: string, page: Page) => Promise<void>;

const tourAdmin = async (town: Town, sit: Sit, look: Look): Promise<void> => {
  const admin = await aUser(town.db, { at: town.home.organisationCode, roles: ["admin"] });
  const { page } = await sit(admin);
  await page.goto("/admin/queue");
  await look("admin-queue", page);
};

const tours = [
  { of: "everyday pages", prefix: "", parts: [tour, tourAdmin] },
  { of: "clinics and settings", prefix: "", parts: [tourClinics, tourManager] },
  { of: "the handover", prefix: "", parts: [tourHandover] },
  { of: "the safety net", prefix: "safety-", parts: [tourSafety] },
  { of: "asking and answering", prefix: "", parts: [tourAnswers] },
  { of: "the doors, and what stands where a page cannot", prefix: "", parts: [tourDoors] },
  { of: "paper and post", prefix: "", parts: [tourPaper] },
];

/* `npm run screenshots`: every page in both widths into an ignored folder, to be looked at. */
describeWithBrowser("screenshots", (browser) => {
  for (const { of, prefix, parts } of tours)
    for (const width of ["desktop", "phone"] as const)
      describe(`${of}, ${widths[width].width} px wide`, () => {
        let town: Town;
        beforeAll(async () => {
          buildScript();
          mkdirSync(folder, { recursive: true });
          town = await openTown();
        });
        afterAll(async () => town.close());

        it("is taken", { timeout: 240_000 }, async () => {
          const seen: string[] = [];
          const sit: Sit = async (actor) => sitDown(browser(), town, actor, { width });
          const look: Look = async (name, page) => {
            seen.push(name);
            await page.screenshot({ path: `${folder}${prefix}${name}-${widths[width].width}.png`, fullPage: true });
          };
          for (const part of parts) await part(town, sit, look);
          expect(seen.length).toBeGreaterThan(5);
        });
      });
});
