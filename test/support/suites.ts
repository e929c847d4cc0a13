import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, inject, it } from "vitest";
import { launchBrowser } from "./chromium.ts";

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

/**
 * A suite in a real browser. The body gets a function that answers the browser once tests run.
 */
export const describeWithBrowser = (name: string, body: (browser: () => Browser) => void): void => {
  describe(name, () => {
    let browser: Browser | undefined;
    beforeAll(async () => {
      browser = await launchBrowser();
    }, 60_000);
    afterAll(async () => browser?.close());
    body(() => {
      if (browser === undefined) throw new Error("the browser is there once tests run");
      return browser;
    });
  });
};
