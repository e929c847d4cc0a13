import type { BrowserContext, Page } from "playwright-core";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { askForMatching } from "../../src/features/match-due/index.ts";
import { aClinic, describeWithBrowser, TEST_GROUP } from "../support/index.ts";
import { counts, OFFER_OF_TIMES, postByKeyboard, waitFor } from "./support/acting.ts";
import { buildScript } from "./support/build-script.ts";
import { openTown, sitDown, type Town } from "./support/town.ts";

const HALF_MINUTE = { timeout: 30_000, interval: 250 };

/** One who looks at one page: with script it follows by itself, without script it is loaded again for each look. */
interface Watcher {
  readonly page: Page;
  /** Until `what` is there. */
  readonly sees: (what: () => Promise<boolean>) => Promise<void>;
}

const watcher = (page: Page, path: string, isLive: boolean): Watcher => ({
  page,
  sees: async (what) => {
    if (new URL(page.url()).pathname !== path) await page.goto(path);
    const look = async (): Promise<boolean> => {
      if (!isLive) await page.goto(path);
      return what();
    };
    await expect.poll(look, HALF_MINUTE).toBe(true);
  },
});

const acceptAll = async (page: Page): Promise<void> =>
  page
    .locator(OFFER_OF_TIMES)
    .first()
    .getByRole("button", { name: /^Accept/ })
    .click();

describeWithBrowser("fourteen dressings before Christmas", (browser) => {
  let town: Town;
  const open: BrowserContext[] = [];
  beforeAll(() => buildScript());
  beforeEach(async () => {
    town = await openTown();
    return async () => {
      await Promise.all(open.splice(0).map(async (context) => context.close()));
      await town.close();
    };
  });

  const ways = [
    { way: "live, without reloading", isLive: true },
    { way: "without JavaScript, by reloads", isLive: false },
  ];
  const title = "O4: all find a place: by keyboard, by a call, after an outage, two pressing Accept at once";
  it.each(ways)(`${title}; $way`, { timeout: 240_000 }, async ({ isLive }) => {
    const sit = async (actor: Town["home"], path: string): Promise<Watcher> => {
      const { context, page } = await sitDown(browser(), town, actor, { javaScriptEnabled: isLive });
      open.push(context);
      await page.goto(path);
      if (isLive) await waitFor(page, "Live");
      return watcher(page, path, isLive);
    };
    const [elm, harbour, station, moorland] = await Promise.all(town.desks.map(async (desk) => sit(desk, "/desk")));
    const [elmActor, harbourActor] = town.desks;
    const broker = await sit(town.broker, "/board");
    const { page: home } = await sit(town.home, "/desk");
    if (!elm || !harbour || !station || !moorland || !elmActor || !harbourActor) throw new Error("four desks");
    const offered = async ({ page, sees }: Watcher): Promise<void> =>
      sees(async () => (await page.locator(OFFER_OF_TIMES).count()) > 0);

    await station.page.context().setOffline(true);
    if (isLive) await station.page.evaluate("window.dispatchEvent(new Event('offline'))");
    // By Wednesday is urgent: a need may wait with two practices at once (A2).
    const request = await postByKeyboard(home, "Wed 23");
    await broker.sees(async () => (await counts(broker.page)).includes("Looking 14"));

    for (const desk of [elm, harbour]) {
      await offered(desk);
      await acceptAll(desk.page);
      await waitFor(desk.page, "4 appointments agreed. Thank you.");
    }

    await moorland.sees(async () => (await moorland.page.getByText("Can you take any?").count()) > 0);
    await moorland.page
      .getByRole("link", { name: /Offer times/ })
      .first()
      .click();
    await moorland.page.getByLabel("Day").first().selectOption({ label: "Tue 22 Dec" });
    await moorland.page.getByLabel("Time").first().fill("14:00");
    await moorland.page.getByLabel("How many, one after another").first().fill("2");
    await moorland.page.getByRole("button", { name: "Offer these times" }).click();
    await waitFor(moorland.page, "2 appointments agreed. Thank you.");

    // Back from where there was no network, with nothing missed: what was offered meanwhile is there.
    expect(await station.page.locator(OFFER_OF_TIMES).count()).toBe(0);
    await station.page.context().setOffline(false);
    await offered(station);
    await station.page
      .locator(OFFER_OF_TIMES)
      .first()
      .getByRole("link", { name: /Accept some/ })
      .click();
    for (const at of [0, 1, 2]) await station.page.getByRole("checkbox").nth(at).check();
    await station.page.getByRole("button", { name: "Accept some" }).click();
    await waitFor(station.page, "3 appointments agreed. Thank you.");

    // One is left. Two neighbours find one more time each, and both are asked for it.
    const more = { services: ["wound-simple"], startsAt: "2026-12-23T10:00:00Z", slots: 1 };
    for (const { organisationCode } of [elmActor, harbourActor]) {
      await aClinic(town.db, { at: organisationCode, ...more });
      await town.db.database.transact(async (tx) => askForMatching(tx, TEST_GROUP, "clinic.published"));
    }
    const two = [elm, harbour];
    for (const desk of two) await offered(desk);
    await Promise.all(two.map(async ({ page }) => acceptAll(page)));
    const heard = await Promise.all(
      two.map(async ({ page }) => {
        const banner = page.locator(".nhsuk-notification-banner", { hasText: /Thank you/ }).last();
        await banner.waitFor({ timeout: 8_000 });
        return banner.innerText();
      }),
    );
    expect(heard.filter((text) => text.includes("1 appointment agreed. Thank you."))).toHaveLength(1);
    expect(heard.filter((text) => text.includes("just been covered elsewhere. Thank you"))).toHaveLength(1);

    for (const { page, path } of [
      { page: home, path: request },
      { page: broker.page, path: "/board" },
    ]) {
      const read = async (): Promise<string> => {
        if (!isLive) await page.goto(path);
        return counts(page);
      };
      await expect.poll(read, HALF_MINUTE).toMatch(/Looking 0\b.*Agreed 14\b.*Booked 0\b.*Told 0\b/);
    }
    expect(await home.locator("main tbody tr").count()).toBe(14);
  });
});
