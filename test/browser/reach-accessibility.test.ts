import { expect, it } from "vitest";
import { describeWithBrowser } from "../support/index.ts";
import { axeProblems } from "./support/axe.ts";
import { openTown, sitDown } from "./support/town.ts";
import { aMailbox } from "../features/reach/support.ts";

describeWithBrowser("the pages of reaching people", (browser) => {
  it("have nothing that axe finds wrong", { timeout: 120_000 }, async () => {
    const town = await openTown();
    try {
      const [elm = town.home] = town.desks;
      await aMailbox(town.db, elm.organisationCode);
      const { page: desk } = await sitDown(browser(), town, elm);
      const { page: broker } = await sitDown(browser(), town, town.broker);
      for (const [page, path] of [
        [desk, "/settings/channels"],
        [broker, "/board/unreachable"],
      ] as const) {
        await page.goto(path);
        expect([path, await axeProblems(page)]).toEqual([path, []]);
      }
    } finally {
      await town.close();
    }
  });
});
