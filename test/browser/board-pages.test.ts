import { afterAll, beforeAll, expect, it } from "vitest";
import { aClinic, aRequest, describeWithBrowser } from "../support/index.ts";
import { axeProblems } from "./support/axe.ts";
import { buildScript } from "./support/build-script.ts";
import { openTown, sitDown, type Town } from "./support/town.ts";

describeWithBrowser("what a broker does about a request (F3)", (browser) => {
  let town: Town;
  beforeAll(async () => {
    buildScript();
    town = await openTown();
  });
  afterAll(async () => town.close());

  it(
    "asks why, gives free times by hand, and the number on the board opens the request",
    { timeout: 60_000 },
    async () => {
      const { reference } = await aRequest(town.db, {
        home: town.home.organisationCode,
        needs: [{ service: "ear", count: 2, dueBy: "2026-12-24T18:30:00Z" }],
      });
      await aClinic(town.db, {
        at: town.desks[1]?.organisationCode ?? "",
        services: ["ear"],
        startsAt: "2026-12-23T09:00:00Z",
        slots: 3,
      });
      const { page } = await sitDown(browser(), town, town.broker);
      await page.goto(`/board/requests/${reference}`);
      await page.getByRole("button", { name: "Widen now" }).click();
      await page.getByRole("link", { name: "Choose why" }).waitFor();
      expect(await axeProblems(page)).toEqual([]);
      await page.getByRole("checkbox").nth(0).check();
      await page.getByRole("checkbox").nth(1).check();
      await page.getByRole("button", { name: "Assign", exact: true }).click();
      await page.getByText("2 agreed. Both practices have been told. Nothing looks any more.").waitFor();
      expect(await axeProblems(page)).toEqual([]);
      await page.goto("/board");
      await page.getByRole("link", { name: /^2\s*agreed/ }).click();
      await page.getByRole("link", { name: reference }).waitFor();
      expect(await axeProblems(page)).toEqual([]);
    },
  );
});
