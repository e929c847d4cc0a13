import type { BrowserContext, Page, Worker } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import type { Actor } from "../../src/features/access/index.ts";
import { newVapidKey } from "../../src/features/reach/index.ts";
import { aRequest, describeWithBrowser, until } from "../support/index.ts";
import { aPushReceiver, startPushService, type PushReceiver, type PushService } from "../support/push-service.ts";
import { plan, waitingFor } from "../support/story.ts";
import { buildScript } from "./support/build-script.ts";
import { openTown, sitDown, type Town } from "./support/town.ts";

/*
 * From the button on the page to the notification on the screen, with everything real but Google: headless Chromium has no
 * push service behind it, so `PushManager.subscribe` is the one call that is stubbed here. The address and keys that it
 * answers are those of a push service of our own; what that is posted is decrypted as the browser would (RFC 8291) and
 * handed to the real service worker by the DevTools protocol.
 */

const registration = z.object({ registrationId: z.string(), scopeURL: z.string() });
const shown = z.array(z.object({ title: z.string(), body: z.string(), tag: z.string() }));

const stubSubscribe = ({ subscription: { endpoint, p256dh, auth } }: PushReceiver): string => `
  PushManager.prototype.subscribe = async () => ({
    toJSON: () => (${JSON.stringify({ endpoint, keys: { p256dh, auth } })}),
  });`;

/** What the browser does with a decrypted message: it wakes the worker of that page with it. */
const delivery = async (
  context: BrowserContext,
  page: Page,
  origin: string,
): Promise<(data: string) => Promise<void>> => {
  const devTools = await context.newCDPSession(page);
  let registrationId: string | undefined;
  devTools.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
    registrationId = z.array(registration).parse(registrations).at(-1)?.registrationId ?? registrationId;
  });
  await devTools.send("ServiceWorker.enable");
  await until(() => registrationId !== undefined, { what: "the browser names its service worker" });
  return async (data) => {
    await devTools.send("ServiceWorker.deliverPushMessage", { origin, registrationId: registrationId ?? "", data });
  };
};

const READ_NOTIFICATIONS = `navigator.serviceWorker.ready
  .then(async (registration) => registration.getNotifications())
  .then((all) => all.map(({ title, body, tag }) => ({ title, body, tag })))`;

/**
 * A tap on the one notification. A page cannot make a trusted one, and only a trusted one may open a window: the event is
 * dispatched in the worker, and where it wants to open is answered, for the test to go there.
 */
const TAP = `(async () => {
  const [notification] = await self.registration.getNotifications();
  const opened = [];
  self.clients.openWindow = async (path) => void opened.push(String(path));
  const event = new NotificationEvent("notificationclick", { notification });
  event.waitUntil = () => undefined;
  self.dispatchEvent(event);
  return { opened, left: (await self.registration.getNotifications()).length };
})()`;

describeWithBrowser("a message that a browser is pushed", (browser) => {
  let town: Town;
  let service: PushService;
  let elm: Actor;
  beforeAll(async () => {
    buildScript();
    service = await startPushService();
    town = await openTown({ environment: { VAPID_PRIVATE_KEY: newVapidKey(), PUSH_SERVICES: service.origin } });
    elm = town.desks[0] ?? town.home;
  }, 120_000);
  afterAll(async () => {
    await town.close();
    await service.close();
  });

  it(
    "is shown with words that let the reader decide, opens the offer at a tap and answers nothing; a repeat takes its place",
    { timeout: 120_000 },
    async () => {
      const { context, page } = await sitDown(browser(), town, elm);
      const workers: Worker[] = [];
      context.on("serviceworker", (worker) => workers.push(worker));
      await context.grantPermissions(["notifications"], { origin: town.app.url });
      const receiver = aPushReceiver(`${service.origin}/push/elm`);
      await page.addInitScript({ content: stubSubscribe(receiver) });
      await page.goto("/settings/channels");
      await page.getByRole("button", { name: "Tell this browser" }).click();
      await page.getByText("This browser is told too").waitFor();
      const deliver = await delivery(context, page, town.app.url);

      const { reference } = await aRequest(town.db, {
        home: town.home.organisationCode,
        priority: "urgent",
        needs: [{ count: 3, priority: "urgent" }],
      });
      await plan(town.db);
      await until(() => service.pushed.length > 0, { withinMs: 30_000, what: "the offer is pushed" });
      const [offer] = await waitingFor(town.db, elm);
      if (offer === undefined) throw new Error("there is no offer");
      const message = receiver.read(service.pushed[0]?.body ?? Buffer.alloc(0));
      await deliver(message);
      await deliver(message);
      const read = async () => shown.parse(await page.evaluate(READ_NOTIFICATIONS));
      await until(async () => (await read()).length > 0, { what: "the notification is shown" });
      const [notification, ...others] = await read();
      expect(others).toEqual([]);
      expect(notification?.title).toMatch(
        /^Urgent: 3 × .+, 20 min, by \w{3} \d+ \w{3}, [\d.]+ miles?, answer by .*\d\d:\d\d$/,
      );
      expect(notification?.body).toContain("Riverside Surgery");
      expect(notification?.body).toContain(reference);

      const tapped = z
        .object({ opened: z.array(z.string()), left: z.number() })
        .parse(await workers.at(-1)?.evaluate(TAP));
      expect(tapped).toEqual({ opened: [`/offers/${offer.id}`], left: 0 });
      await page.goto(tapped.opened[0] ?? "/");
      expect(await page.getByRole("heading", { level: 1 }).innerText()).toContain("Riverside Surgery");
      expect(
        await page
          .getByRole("button", { name: /Accept|Take|Yes/ })
          .first()
          .isVisible(),
      ).toBe(true);
      expect((await waitingFor(town.db, elm)).map(({ id, state }) => ({ id, state }))).toContainEqual({
        id: offer.id,
        state: "waiting",
      });
      await context.close();
    },
  );
});
