import { existsSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, inject, it } from "vitest";

const inCi = (): boolean => process.env["CI"] === "true";

/** In CI nothing may be skipped: a suite that cannot run is a failure. */
const cannotRun = (name: string, why: string): void => {
  if (inCi()) {
    describe(name, () => {
      it(`can run (${why})`, () => {
        throw new Error(`${why}; with CI=true that is a failure`);
      });
    });
  } else describe.skip(`${name} (skipped: ${why})`, () => it("needs it", () => undefined));
};

/** A suite that needs Redis; the body gets its URL. Use a key prefix of your own: files share the server. */
export const describeWithRedis = (name: string, body: (redisUrl: string) => void): void => {
  const url = inject("redisUrl");
  if (url === "") cannotRun(name, "there is no Redis");
  else describe(name, () => body(url));
};

const CHROME_CANDIDATES = [process.env["CHROME_PATH"] ?? "", "/usr/bin/chromium"];

const launch = async (): Promise<Browser> => {
  // Loaded only where a browser is wanted: every test file imports this one.
  const { chromium } = await import("playwright-core");
  const installed = CHROME_CANDIDATES.find((file) => file !== "" && existsSync(file));
  if (installed !== undefined) return chromium.launch({ executablePath: installed, args: ["--no-sandbox"] });
  const { default: packaged } = await import("@sparticuz/chromium");
  return chromium.launch({ executablePath: await packaged.executablePath(), args: packaged.args });
};

/**
 * A suite in a real browser: CHROME_PATH, /usr/bin/chromium, or the one inside `@sparticuz/chromium`. The body gets a
 * function that answers the browser once tests run.
 */
export const describeWithBrowser = (name: string, body: (browser: () => Browser) => void): void => {
  describe(name, () => {
    let browser: Browser | undefined;
    beforeAll(async () => {
      browser = await launch();
    }, 60_000);
    afterAll(async () => browser?.close());
    body(() => {
      if (browser === undefined) throw new Error("the browser is there once tests run");
      return browser;
    });
  });
};
