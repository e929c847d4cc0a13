import { parseArgs } from "node:util";
import { launchBrowser } from "../../support/chromium.ts";
import { startPostgres, startProduct } from "../support/servers.ts";
import { quantile, round } from "../support/stats.ts";
import { eventToVisible, firstLoad } from "./browser.ts";
import { cpuMsOf, timePage } from "./server-time.ts";
import { buildWorld, OFFERS, REQUESTS } from "./world.ts";

/*
 * What the pages cost with a full desk (200 offers) and a full board (500 open requests, all due before next opening):
 * the server's time, what a first visit loads, and how long a change takes to be seen on somebody else's open page. On a
 * machine that is busy with other things the times say little; `cpuMs`, the API's own work for each page, still does.
 */

const { values } = parseArgs({ options: { rounds: { type: "string", default: "100" } } });
const rounds = { warmUp: 40, measured: Number(values.rounds) };

const postgres = await startPostgres();
const api = await (async () => {
  const world = await buildWorld(postgres.url);
  const running = await startProduct("api", { DATABASE_URL: postgres.url, PORT: "0" });
  return { world, running, address: /https?:\S+/.exec(running.firstLine)?.[0] ?? "" };
})();
try {
  const { world, address } = api;
  const pages: Record<string, unknown> = {};
  for (const [name, path, cookie] of [
    ["desk", "/desk", world.desk.cookie],
    ["board", "/board", world.broker.cookie],
    ["boardOverview", "/board/overview", world.broker.cookie],
    ["boardRequests", "/board/requests", world.broker.cookie],
    ["request", `/requests/${world.reference}`, world.home.cookie],
  ] as const) {
    await timePage(address, path, cookie, rounds.warmUp);
    const before = cpuMsOf(api.running.process.pid);
    const { times, bytes } = await timePage(address, path, cookie, rounds.measured);
    const cpuMs = (cpuMsOf(api.running.process.pid) - before) / rounds.measured;
    pages[name] = {
      p50Ms: round(quantile(times, 0.5)),
      p95Ms: round(quantile(times, 0.95)),
      cpuMs: round(cpuMs),
      bytes,
    };
  }
  const browser = await launchBrowser();
  const firstLoadBytes = {
    desk: await firstLoad(browser, address, "/desk", world.desk.cookie),
    board: await firstLoad(browser, address, "/board", world.broker.cookie),
  };
  const seen = await eventToVisible(browser, address, world, 40);
  await browser.close();
  const eventToVisibleMs = { p50: round(quantile(seen, 0.5)), p95: round(quantile(seen, 0.95)) };
  console.log(
    JSON.stringify({ bench: "pages", offers: OFFERS, requests: REQUESTS, pages, firstLoadBytes, eventToVisibleMs }),
  );
} finally {
  await api.running.stop();
  await postgres.close();
}
