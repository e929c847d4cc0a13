import type { Page } from "playwright-core";
import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { Actor } from "../../src/features/access/index.ts";
import { tick, walkTo } from "../features/agreements/support.ts";
import { describeWithBrowser } from "../support/index.ts";
import { counts, waitFor } from "./support/acting.ts";
import { axeLook } from "./support/axe.ts";
import { buildScript } from "./support/build-script.ts";
import { agreeFour, loseSlot, tourHandover } from "./support/tour-handover.ts";
import { openTown, sitDown, type Town } from "./support/town.ts";

const said = async (page: Page): Promise<string> => {
  await page.locator(".nhsuk-notification-banner").waitFor();
  return page.locator(".nhsuk-notification-banner__heading").innerText();
};

describeWithBrowser("the handover in two people's browsers", (browser) => {
  let town: Town;
  const leave: (() => Promise<void>)[] = [];
  beforeAll(() => buildScript());
  beforeEach(async () => {
    town = await openTown();
  });
  afterEach(async () => {
    await Promise.all(leave.splice(0).map(async (go) => go()));
    await town.close();
  });
  const sit = async (actor: Actor, javaScriptEnabled = true): Promise<Page> => {
    const { context, page } = await sitDown(browser(), town, actor, { javaScriptEnabled });
    leave.push(async () => context.close());
    return page;
  };

  it(
    "H1: ticked for many at once, or for some; each side sees its turn come without reloading, and only told is green",
    { timeout: 60_000 },
    async () => {
      const work = await agreeFour(town);
      const [home, desk] = [await sit(town.home), await sit(work.supporting)];
      await desk.goto("/desk");
      await home.goto(`/requests/${work.request.reference}`);
      await waitFor(home, "Elm Tree Practice to block the time: 4");
      await desk.getByRole("button", { name: "Mark all 4 as blocked in our system" }).click();
      expect(await said(desk)).toBe("4 appointments marked as blocked.");
      await home.getByText("Elm Tree Practice to block the time").waitFor({ state: "detached" });
      // What somebody has ticked stays ticked while the page follows.
      await home.getByRole("checkbox", { name: /N02/ }).check();
      await tick(town.db, town.home, "passed", work.ids.slice(0, 1));
      await home.getByRole("button", { name: "All 3 are agreed and sent" }).waitFor();
      expect(await home.getByRole("checkbox", { name: /N02/ }).isChecked()).toBe(true);
      await home.getByRole("button", { name: "Only the ticked ones are sent" }).click();
      expect(await said(home)).toBe("1 appointment marked as agreed with the patient and sent.");
      await home.getByRole("button", { name: "All 2 are agreed and sent" }).click();
      await desk.getByRole("button", { name: "Mark all 4 as booked" }).click();
      expect(await said(desk)).toBe("4 appointments marked as booked.");
      await expect.poll(async () => counts(home)).toBe("Looking 0 Agreed 0 Booked 4 Told 0");
      expect(await home.locator("main .nhsuk-tag--green, main .cs-count--told").count()).toBe(0);
      await home.getByRole("button", { name: "All 4 patients have been told" }).click();
      expect(await said(home)).toBe("4 appointments marked as told. Thank you.");
      expect(await counts(home)).toBe("Looking 0 Agreed 0 Booked 0 Told 4");
      expect(await home.locator("main .nhsuk-tag--green").count()).toBe(4);
      // A slip of the hand is taken back on the same page.
      await home.locator("summary", { hasText: "Ticked today by mistake?" }).click();
      await home.getByRole("checkbox", { name: /N03.*Patient told/ }).check();
      await home.getByRole("button", { name: "Take back the ticked ones" }).click();
      expect(await said(home)).toBe("Taken back for 1 appointment.");
      expect(await counts(home)).toBe("Looking 0 Agreed 0 Booked 1 Told 3");
    },
  );

  it(
    "H1: nothing that came while the page was open is marked by 'all': only what was shown",
    { timeout: 40_000 },
    async () => {
      const work = await agreeFour(town);
      const desk = await sit(work.supporting, false);
      await desk.goto("/desk");
      const more = await agreeFour(town);
      await desk.getByRole("button", { name: "Mark all 4 as blocked in our system" }).click();
      expect(await said(desk)).toBe("4 appointments marked as blocked.");
      await waitFor(desk, `${more.request.reference} N01`);
      await desk.getByRole("button", { name: "Mark all 4 as blocked in our system" }).waitFor();
    },
  );

  it(
    "C4: after telling, a slot that has gone puts ringing the patient on top of home's desk until somebody says so, without script",
    { timeout: 60_000 },
    async () => {
      const work = await agreeFour(town);
      await walkTo(town.db, work, "told");
      const [home, broker] = [await sit(town.home, false), await sit(town.broker, false)];
      await loseSlot(town, work, 1);
      await home.goto("/desk");
      expect(await home.title()).toMatch(/^\(1\) My desk/);
      const first = home.locator("main h1, main h2, main .cs-task p").nth(1);
      expect(await first.innerText()).toMatch(/^Ring the patient of CR-\w+ N02$/);
      await broker.goto("/board");
      await waitFor(broker, "Ring the patient");
      await home.getByRole("button", { name: /We have rung the patient/ }).click();
      expect(await said(home)).toMatch(/^Thank you\. It is noted for CR-\w+ N02\.$/);
      expect(await home.locator(".cs-task").count()).toBe(0);
      await broker.reload();
      expect(await broker.locator("#live-risks").innerText()).not.toContain("Ring the patient");
    },
  );

  it(
    "H3, H4, H5: a patient's no, more time, a swap and giving back, each from the page of the agreement without script",
    { timeout: 60_000 },
    async () => {
      const work = await agreeFour(town);
      const [home, desk] = [await sit(town.home, false), await sit(work.supporting, false)];
      const [first = "", second = "", third = ""] = work.ids;
      await town.db.holdClock("2026-12-21T15:30:00Z");
      await home.goto(`/agreements/${first}`);
      await home.getByRole("button", { name: "We still need it: more time" }).click();
      expect(await said(home)).toMatch(/^You have until /);
      expect(await home.getByRole("button", { name: /more time/ }).count()).toBe(0);
      await home.locator("summary", { hasText: "Swap with another" }).click();
      await home.getByLabel("Swap with").selectOption({ value: second });
      await home.getByRole("button", { name: "Swap the two times" }).click();
      expect(await said(home)).toBe("Swapped. This one is now Tue 22 Dec, 14:20.");
      await home.goto(`/agreements/${third}`);
      await home.locator("summary", { hasText: "The patient says no" }).click();
      await home.getByRole("button", { name: "Give the time back" }).click();
      await home.locator(".nhsuk-error-summary").waitFor();
      await home.getByLabel("The time does not suit").check();
      await home.getByRole("button", { name: "Give the time back" }).click();
      expect(await said(home)).toBe("Noted, and the time is given back with thanks.");
      await desk.goto(`/agreements/${work.ids[3] ?? ""}`);
      expect(await desk.locator("summary", { hasText: "The patient says no" }).count()).toBe(0);
      await desk.locator("summary", { hasText: "We cannot keep this" }).click();
      await desk.getByLabel("Why").selectOption({ label: "Rooms or premises" });
      await desk.getByRole("button", { name: "Give back" }).click();
      expect(await said(desk)).toBe("Given back. Both sides have been told.");
      await desk.goto("/given");
      await waitFor(desk, "2 still ahead, 1 given back, 1 taken back by us.");
    },
  );

  it(
    "axe finds nothing in any state of the handover at 1280 px and at 390 px, and nothing scrolls sideways there or at zoom 200 % and 400 %",
    { timeout: 240_000 },
    async () => {
      const { look, problems } = axeLook();
      await tourHandover(town, async (actor) => ({ page: await sit(actor) }), look);
      expect([...problems]).toEqual([]);
    },
  );
});
