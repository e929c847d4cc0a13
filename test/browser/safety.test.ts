import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWithBrowser, until } from "../support/index.ts";
import { axeLook } from "./support/axe.ts";
import { buildScript } from "./support/build-script.ts";
import { fallShort, tourSafety } from "./support/tour-safety.ts";
import { openTown, sitDown, type Town } from "./support/town.ts";

describeWithBrowser("the pages of the safety net", (browser) => {
  let town: Town;
  beforeAll(async () => {
    buildScript();
    town = await openTown();
  });
  afterAll(async () => town.close());

  it(
    "F2: alarms appear live; axe finds nothing in any state at 1280 px and 390 px, and nothing scrolls sideways there or at zoom 200 % and 400 %",
    { timeout: 180_000 },
    async () => {
      const { look, problems, seen } = axeLook();
      await tourSafety(town, async (actor) => sitDown(browser(), town, actor), look);
      expect([...problems]).toEqual([]);
      expect(seen).toHaveLength(27);
    },
  );
});

describeWithBrowser("the safety net without script", (browser) => {
  let town: Town;
  beforeAll(async () => {
    town = await openTown();
  });
  afterAll(async () => town.close());

  it(
    "F2, F3: a broker takes an alarm in hand, pauses a practice and posts a notice; the CSV is one click",
    { timeout: 90_000 },
    async () => {
      const { ears } = await fallShort(town);
      const { page } = await sitDown(browser(), town, town.broker, { javaScriptEnabled: false });
      await until(
        async () =>
          (
            await town.db.q.execute(sql`
            select 1 from alarm_watches w join need_lines l on l.id = w.subject
            join cover_requests r on r.id = l.request_id where r.reference = ${ears}`)
          ).rowCount === 1,
        { withinMs: 20_000, what: "alarm times" },
      );
      await town.db.holdClock("2026-12-21T10:35:00Z");
      await until(
        async () => (await town.db.q.execute(sql`select 1 from alarms where kind = 'last-hour'`)).rowCount === 1,
        { withinMs: 20_000, what: "the alarm" },
      );
      await page.goto("/board");
      const button = page.getByRole("button", { name: /I am on it.*last hour.*Riverside/ });
      await button.click();
      await page.getByText("You are on it. Everybody sees that.").waitFor();
      await page.getByText("Bo Broker is on it").first().waitFor();
      expect(await button.count()).toBe(0);

      await page.goto("/board/sitrep");
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("link", { name: /CSV/ }).click(),
      ]);
      expect(download.suggestedFilename()).toBe("sitrep-2026-12-21.csv");

      await page.goto("/board/practices");
      await page.getByRole("link", { name: "Moorland Practice" }).click();
      await page.getByLabel("Why pause").selectOption({ label: "Patient safety" });
      await page.getByRole("button", { name: "Pause this practice" }).click();
      await page.getByText("Moorland Practice is not asked any more.").waitFor();
      await page.getByLabel("Why ask again").selectOption({ label: "It is cleared up" });
      await page.getByRole("button", { name: "Ask it again" }).click();
      await page.getByText("Moorland Practice is asked again.").waitFor();

      await page.goto("/bulletin");
      await page.getByLabel("What does your group need to know?").fill("The moor road is closed.");
      await page.getByRole("button", { name: "Post notice" }).click();
      await page.getByRole("heading", { name: "The moor road is closed." }).waitFor();
      const { page: desk } = await sitDown(browser(), town, town.home, { javaScriptEnabled: false });
      await desk.goto("/desk");
      await desk.getByText("The moor road is closed.").waitFor();
      await desk.getByRole("button", { name: /OPEL 4/ }).click();
      await desk.getByText("OPEL 4, in difficulty, until 18:30.").waitFor();
    },
  );
});
