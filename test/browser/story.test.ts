import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { describeWithBrowser } from "../support/index.ts";
import { counts, focused, OFFER_OF_TIMES, postByKeyboard, waitFor } from "./support/acting.ts";
import { buildScript } from "./support/build-script.ts";
import { openTown, sitDown, type Town } from "./support/town.ts";

describeWithBrowser("the story in five people's browsers", (browser) => {
  let town: Town;
  const open: BrowserContext[] = [];
  const sit = async (actor: Town["home"], javaScriptEnabled = true): Promise<Page> => {
    const { context, page } = await sitDown(browser(), town, actor, { javaScriptEnabled });
    open.push(context);
    return page;
  };
  beforeAll(() => buildScript());
  beforeEach(async () => {
    town = await openTown();
    return async () => {
      await Promise.all(open.splice(0).map(async (context) => context.close()));
      await town.close();
    };
  });
  afterAll(async () => Promise.all(open.map(async (context) => context.close())));

  it(
    "is covered live: by keyboard, without reloading, one desk in part, one call with times",
    { timeout: 60_000 },
    async () => {
      const [elm, harbour, station, moorland] = await Promise.all(town.desks.map(async (desk) => sit(desk)));
      const home = await sit(town.home);
      if (elm === undefined || harbour === undefined || station === undefined || moorland === undefined)
        throw new Error("four desks");
      const desks = [elm, harbour, station, moorland];
      for (const desk of desks) {
        await desk.goto("/desk");
        await waitFor(desk, "Live");
      }
      // The caret is on something: it must still be there after offers have arrived.
      await elm.getByRole("link", { name: "ask for cover", exact: true }).last().focus();
      await postByKeyboard(home);
      for (const desk of desks) await desk.locator(".cs-offer").first().waitFor({ timeout: 8_000 });
      expect(await elm.title()).toMatch(/^\(\d+\) My desk/);
      expect(await focused(elm)).toBe("ask for cover");
      await expect.poll(async () => elm.locator("#announcements").innerText()).toMatch(/dressing/);

      const call = moorland.locator(".cs-offer", { hasText: "Can you take any?" }).first();
      await call.getByRole("link", { name: /Offer times/ }).click();
      await moorland.getByLabel("Day").first().selectOption({ label: "Tue 22 Dec" });
      await moorland.getByLabel("Time").first().fill("14:00");
      await moorland.getByLabel("How many, one after another").first().fill("2");
      await moorland.getByRole("button", { name: "Offer these times" }).click();
      await waitFor(moorland, /appointments? agreed\. Thank you/);

      await elm
        .locator(OFFER_OF_TIMES)
        .first()
        .getByRole("link", { name: /Accept some/ })
        .click();
      await elm.getByRole("checkbox").nth(0).check();
      await elm.getByRole("checkbox").nth(1).check();
      await elm.getByRole("button", { name: "Accept some" }).click();
      await waitFor(elm, "2 appointments agreed. Thank you.");

      await expect.poll(async () => counts(home), { timeout: 8_000 }).toMatch(/Looking 10 Agreed 4 Booked 0 Told 0/);
      await waitFor(home, "Moorland Practice");

      await moorland.locator("#live-agreed a").first().click();
      await moorland.locator("summary", { hasText: "We cannot keep this" }).click();
      await moorland.getByRole("button", { name: "Give back" }).click();
      await waitFor(moorland, "Given back. Both sides have been told.");
      await expect.poll(async () => counts(home), { timeout: 8_000 }).toMatch(/Agreed 3/);
    },
  );

  it(
    "O4: of two who press Accept on the same offer one wins, and the other is told kindly",
    { timeout: 60_000 },
    async () => {
      const [desk] = town.desks;
      if (desk === undefined) throw new Error("four desks");
      const home = await sit(town.home);
      await postByKeyboard(home);
      const both = [await sit(desk), await sit(desk)];
      for (const page of both) {
        await page.goto("/desk");
        await page.locator(OFFER_OF_TIMES).first().waitFor();
      }
      await Promise.all(
        both.map(async (page) =>
          page
            .locator(OFFER_OF_TIMES)
            .first()
            .getByRole("button", { name: /^Accept/ })
            .click(),
        ),
      );
      const heard = await Promise.all(
        both.map(async (page) => {
          await page.locator(".nhsuk-notification-banner").waitFor();
          return page.locator(".nhsuk-notification-banner").innerText();
        }),
      );
      expect(heard.filter((text) => text.includes("agreed. Thank you"))).toHaveLength(1);
      expect(heard.filter((text) => /accepted already|answered already/.test(text))).toHaveLength(1);
    },
  );

  it("somebody who was offline says so, comes back and has missed nothing", { timeout: 60_000 }, async () => {
    const [desk] = town.desks;
    if (desk === undefined) throw new Error("four desks");
    const page = await sit(desk);
    const home = await sit(town.home);
    await page.goto("/desk");
    await waitFor(page, "Live");
    await page.context().setOffline(true);
    await page.evaluate("window.dispatchEvent(new Event('offline'))");
    await postByKeyboard(home);
    expect(await page.locator(".cs-offer").count()).toBeLessThan(2);
    await page.context().setOffline(false);
    await page.locator(".cs-offer").first().waitFor({ timeout: 20_000 });
    await expect.poll(async () => page.locator("#live-status").innerText(), { timeout: 20_000 }).toBe("Live");
  });

  it("an entry that has ended says so before it goes, and the focus stays", { timeout: 60_000 }, async () => {
    const [desk] = town.desks;
    if (desk === undefined) throw new Error("four desks");
    const page = await sit(desk);
    const home = await sit(town.home);
    await page.goto("/desk");
    const request = await postByKeyboard(home);
    const button = page
      .locator(OFFER_OF_TIMES)
      .first()
      .getByRole("button", { name: /^Accept/ });
    await button.waitFor({ timeout: 8_000 });
    await button.focus();
    await home.goto(request);
    await home.locator("summary", { hasText: "not needed" }).click();
    for (const box of await home.locator('input[name="needs"]').all()) await box.check();
    await home.getByRole("button", { name: "Not needed after all" }).click();
    await waitFor(home, "Withdrawn. Whoever was asked has been told, with thanks.");
    await waitFor(page, /No longer waiting/);
    expect(await focused(page)).toMatch(/^Accept/);
    await waitFor(page, /no longer needed, thank you/);
  });

  it("passes without JavaScript, by reloads", { timeout: 60_000 }, async () => {
    const [elm, harbour] = await Promise.all(town.desks.slice(0, 2).map(async (desk) => sit(desk, false)));
    const home = await sit(town.home, false);
    if (elm === undefined || harbour === undefined) throw new Error("two desks");
    await home.goto("/requests/new");
    await home.locator("#service").selectOption({ label: "Simple dressing" });
    await home.locator("#count").fill("14");
    await home.locator("#by").selectOption({ label: "Thu 24 Dec, by 18:30" });
    await home.getByRole("button", { name: "Post request" }).click();
    await expect
      .poll(
        async () => {
          await elm.goto("/desk");
          return elm.locator(OFFER_OF_TIMES).count();
        },
        { timeout: 10_000 },
      )
      .toBeGreaterThan(0);
    expect(await elm.locator("#live-status").innerText()).toBe("Showing 09:00");
    await elm
      .locator(OFFER_OF_TIMES)
      .first()
      .getByRole("button", { name: /^Accept/ })
      .click();
    await waitFor(elm, /appointments? agreed\. Thank you/);
    await harbour.goto("/desk");
    await harbour.locator("summary", { hasText: "Decline" }).first().click();
    await harbour.getByRole("button", { name: "No room" }).first().click();
    await waitFor(harbour, "Declined. Thank you for answering.");
    await home.reload();
    expect(await counts(home)).toMatch(/Agreed [1-9]/);
  });
});
