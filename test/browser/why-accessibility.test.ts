import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWithBrowser } from "../support/index.ts";
import { axeProblems } from "./support/axe.ts";
import { buildScript } from "./support/build-script.ts";
import { openTown, sitDown, widths, type Town } from "./support/town.ts";

describeWithBrowser("the pages that explain", (browser) => {
  let town: Town;
  beforeAll(async () => {
    buildScript();
    town = await openTown();
  });
  afterAll(async () => town.close());

  it(
    "M6: who has room appears while the form is filled in, and what would help reads well on a telephone",
    { timeout: 90_000 },
    async () => {
      const { page } = await sitDown(browser(), town, town.home);
      await page.setViewportSize(widths.phone);
      await page.goto("/requests/new");
      await page.getByLabel("What is short").first().selectOption({ label: "Simple dressing" });
      await page.getByLabel("How many").first().fill("14");
      await page.getByLabel("Seen by").first().selectOption({ label: "Thu 24 Dec, by 18:30" });
      await page.locator("#outlook").getByText("could be covered").waitFor();
      expect(new URL(page.url()).pathname).toBe("/requests/new");
      expect(await axeProblems(page)).toEqual([]);
      await page.getByRole("button", { name: "Post request" }).click();
      await page.waitForURL(/\/requests\/CR-/);
      await page.getByRole("link", { name: "What would help, and who is asked" }).click();
      await page.getByRole("heading", { name: "Who is asked, and who is not" }).waitFor();
      expect(await axeProblems(page)).toEqual([]);
    },
  );
});
