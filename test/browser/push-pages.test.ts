import { randomBytes } from "node:crypto";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import type { Actor } from "../../src/features/access/index.ts";
import { noteTest } from "../../src/features/reach/channels.repository.ts";
import { newVapidKey } from "../../src/features/reach/index.ts";
import { putSubscription } from "../../src/features/reach/push/subscriptions.repository.ts";
import { newSecret, sha256 } from "../../src/platform/ids/ids.ts";
import { startTestApp, type TestApp } from "../support/app.ts";
import { describeWithBrowser } from "../support/index.ts";
import { aMailbox } from "../features/reach/support.ts";
import { axeProblems } from "./support/axe.ts";
import { buildScript } from "./support/build-script.ts";
import { openTown, sitDown, type Town, type widths } from "./support/town.ts";

const PATH = "/settings/channels";
const registered = z.object({ script: z.string(), scope: z.string() });

describeWithBrowser("being told in a browser", (browser) => {
  let town: Town;
  let app: TestApp;
  let elm: Actor;
  beforeAll(async () => {
    buildScript();
    town = await openTown();
    app = await startTestApp(town.db, { matcher: false, environment: { VAPID_PRIVATE_KEY: newVapidKey() } });
    elm = town.desks[0] ?? town.home;
  }, 120_000);
  afterAll(async () => {
    await app.close();
    await town.close();
  });

  const sit = async (
    options: { javaScriptEnabled?: boolean; width?: keyof typeof widths } = {},
  ): Promise<{ context: BrowserContext; page: Page }> => sitDown(browser(), { ...town, app }, elm, options);

  /** Another browser of the same user, as if it had subscribed. */
  const subscribed = async (endpoint: string): Promise<void> =>
    town.db.database.transact(async (tx) =>
      putSubscription(tx, elm, {
        endpoint,
        p256dh: `B${randomBytes(64).toString("base64url")}`,
        auth: randomBytes(16).toString("base64url"),
      }),
    );

  it(
    "registers the service worker under the page's policy, or says calmly why it cannot",
    { timeout: 120_000 },
    async () => {
      const { context, page } = await sit();
      await context.grantPermissions(["notifications"], { origin: app.url });
      const complaints: string[] = [];
      page.on("console", (message) => {
        if (/Content.Security.Policy|service.?worker/i.test(message.text())) complaints.push(message.text());
      });
      await page.goto(PATH);
      const form = page.locator("form[data-push-key]");
      await form.getByRole("button", { name: "Tell this browser" }).click();
      // Ready means active: a worker that the policy forbids never is.
      const worker = registered.parse(
        await page.evaluate(
          "navigator.serviceWorker.ready.then(({ active, scope }) => ({ script: active.scriptURL, scope }))",
        ),
      );
      expect(worker.scope).toBe(`${app.url}/`);
      expect(worker.script).toMatch(/\/assets\/service-worker\.[0-9a-f]{12}\.js$/);
      const main = page.locator("main");
      await expect
        .poll(async () => main.innerText(), { timeout: 30_000 })
        .toMatch(/cannot be told just now.*Nothing is lost|This browser is told too/);
      // Where the browser has no push service of its own (headless, or a network that forbids it): calmly, and what still holds.
      expect(await main.innerText()).not.toContain("Allow notifications");
      expect(complaints).toEqual([]);
      expect(await axeProblems(page)).toEqual([]);
      await context.close();
    },
  );

  it("says how to allow it where the browser was told not to", { timeout: 60_000 }, async () => {
    const { context, page } = await sit();
    await page.addInitScript({ content: `Notification.requestPermission = async () => "denied";` });
    await page.goto(PATH);
    const form = page.locator("form[data-push-key]");
    await form.getByRole("button", { name: "Tell this browser" }).click();
    await expect.poll(async () => form.getByRole("status").innerText()).toContain("Allow notifications for this site");
    await context.close();
  });

  it("ends for one browser at a press, without script too", { timeout: 60_000 }, async () => {
    await subscribed("https://fcm.googleapis.com/fcm/send/first");
    await subscribed("https://fcm.googleapis.com/fcm/send/second");
    const { context, page } = await sit({ javaScriptEnabled: false });
    await page.goto(PATH);
    const stop = page.getByRole("button", { name: "Stop telling this browser" });
    expect(await stop.count()).toBe(2);
    await stop.first().click();
    await page.waitForURL(`**${PATH}`);
    expect(await page.getByText("That browser is no longer told.").isVisible()).toBe(true);
    expect(await page.locator("form[data-push-mark]").getAttribute("data-push-mark")).toBe(
      sha256("https://fcm.googleapis.com/fcm/send/first"),
    );
    await context.close();
  });

  it("names the one in use, which need not be asked for again", { timeout: 60_000 }, async () => {
    const { context, page } = await sit();
    const endpoint = "https://fcm.googleapis.com/fcm/send/here";
    await subscribed(endpoint);
    // Chromium has no push service here: what it would answer if it had one.
    await page.addInitScript({
      content: `ServiceWorkerContainer.prototype.getRegistration = async () => ({
        pushManager: { getSubscription: async () => ({ endpoint: "${endpoint}", unsubscribe: async () => true }) },
      });`,
    });
    await page.goto(PATH);
    const here = page.locator(`form[data-push-mark="${sha256(endpoint)}"]`);
    await here.getByText("In use now").waitFor();
    expect(await page.getByText("In use now").filter({ visible: true }).count()).toBe(1);
    expect(await page.getByRole("button", { name: "Tell this browser" }).isVisible()).toBe(false);
    expect(await axeProblems(page)).toEqual([]);
    await here.getByRole("button").click();
    await page.getByText("That browser is no longer told.").waitFor();
    expect(await here.count()).toBe(0);
    await context.close();
  });

  it("has nothing that axe finds wrong where a test message is confirmed", { timeout: 60_000 }, async () => {
    await aMailbox(town.db, elm.organisationCode);
    const secret = newSecret();
    await town.db.database.transact(async (tx) => noteTest(tx, elm.organisationCode, sha256(secret)));
    for (const width of ["desktop", "phone"] as const) {
      const { context, page } = await sit({ width });
      await page.goto(`${PATH}/confirm/${secret}`);
      expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe("Did it arrive?");
      expect([width, await axeProblems(page)]).toEqual([width, []]);
      await context.close();
    }
  });
});
