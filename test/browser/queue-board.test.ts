import { afterAll, beforeAll, expect, it } from "vitest";
import { aUser, describeWithBrowser } from "../support/index.ts";
import { axeProblems } from "./support/axe.ts";
import { buildScript } from "./support/build-script.ts";
import { openTown, sitDown, widths, type Town } from "./support/town.ts";

describeWithBrowser("the queue's board", (browser) => {
  let town: Town;
  beforeAll(async () => {
    buildScript();
    town = await openTown();
  });
  afterAll(async () => town.close());

  it(
    "tells an administrator alone what waits and what is late, without script of its own",
    { timeout: 90_000 },
    async () => {
      const admin = await aUser(town.db, { at: town.home.organisationCode, roles: ["admin"] });
      const { page } = await sitDown(browser(), town, admin);
      await page.goto("/admin/queue");
      await page.getByText("Nothing is late.").waitFor();
      await page.getByText("Jobs that wait").waitFor();
      expect(await axeProblems(page)).toEqual([]);
      for (const size of Object.values(widths)) {
        await page.setViewportSize(size);
        await page.goto("/admin/queue");
        expect(await axeProblems(page)).toEqual([]);
      }
      const desk = await sitDown(browser(), town, town.home);
      const answer = await desk.page.goto("/admin/queue");
      expect(answer?.status()).toBe(403);
      expect(await desk.page.getByRole("link", { name: "Queue" }).count()).toBe(0);
    },
  );
});
