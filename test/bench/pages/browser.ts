import { setTimeout as delay } from "node:timers/promises";
import type { Browser, BrowserContext } from "playwright-core";
import { z } from "zod";
import type { World } from "./world.ts";

const entered = async (browser: Browser, address: string, cookie: string): Promise<BrowserContext> => {
  const context = await browser.newContext({ baseURL: address, viewport: { width: 1280, height: 900 } });
  const [name = "", value = ""] = cookie.split("=");
  await context.addCookies([{ name, value, url: address }]);
  return context;
};

/** Bytes over the wire, headers included, of everything that a browser with an empty cache loads for a page. */
export const firstLoad = async (browser: Browser, address: string, path: string, cookie: string): Promise<number> => {
  const context = await entered(browser, address, cookie);
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  await devtools.send("Network.enable");
  let bytes = 0;
  devtools.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
  await page.goto(path, { waitUntil: "load" });
  await page.locator('#live-status[data-state="live"]').waitFor();
  await delay(200);
  await context.close();
  return bytes;
};

/** In the page: notes, in milliseconds since the epoch, when the mark of a paused request comes and goes. */
const WATCH = `(() => {
  const isShown = () => document.querySelector("#live-request .nhsuk-tag--grey") !== null;
  let was = isShown();
  window.seenAt = [];
  new MutationObserver(() => {
    if (isShown() === was) return;
    was = !was;
    requestAnimationFrame(() => window.seenAt.push(performance.timeOrigin + performance.now()));
  }).observe(document.body, { subtree: true, childList: true, attributes: true });
})()`;

const times = z.array(z.number());

/**
 * The broker pauses and resumes a request by the API; home has its page open. Milliseconds from the API's answer to the
 * frame in which home's page shows it, each time (the same machine, so the same clock).
 */
export const eventToVisible = async (
  browser: Browser,
  address: string,
  world: World,
  rounds: number,
): Promise<readonly number[]> => {
  const context = await entered(browser, address, world.home.cookie);
  const page = await context.newPage();
  await page.goto(`/requests/${world.reference}`);
  await page.locator('#live-status[data-state="live"]').waitFor();
  await page.evaluate(WATCH);
  const found: number[] = [];
  for (let at = 0; at < rounds; at += 1) {
    // Apart in time and not in step with anything, as people are.
    await delay(250 + ((at * 37) % 100));
    const response = await fetch(
      `${address}/v1/cover-requests/${world.reference}/${at % 2 === 0 ? "pause" : "resume"}`,
      {
        method: "POST",
        headers: { authorization: `Bearer ${world.broker.token}`, "content-type": "application/json" },
        body: JSON.stringify({ reason: "other" }),
      },
    );
    await response.arrayBuffer();
    const answeredAt = performance.timeOrigin + performance.now();
    if (!response.ok) throw new Error(`pausing was answered ${response.status}`);
    // The page's policy forbids what waits inside it, so it is asked; the page itself keeps the time.
    let seen: number[] = [];
    for (let waited = 0; seen.length <= at && waited < 500; waited += 1) {
      await delay(10);
      seen = times.parse(await page.evaluate("window.seenAt"));
    }
    found.push((seen[at] ?? Number.NaN) - answeredAt);
  }
  await context.close();
  return found;
};
