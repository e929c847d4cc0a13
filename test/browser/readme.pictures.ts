import { mkdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { sql } from "drizzle-orm";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { z } from "zod";
import { demoChooser } from "../../src/app/demo/chooser.ts";
import { ensureFederation } from "../../src/app/demo/federation.ts";
import {
  DEMO_BANNER,
  DEMO_FEDERATION,
  DEMO_PASSWORD,
  emailOf,
  inventedPractices,
} from "../../src/app/demo/invented.ts";
import { runDemo } from "../../src/app/demo/run-demo.ts";
import { rows } from "../../src/platform/db/database.ts";
import { startTestApp } from "../support/app.ts";
import { describeWithBrowser, openTestDatabase } from "../support/index.ts";
import { buildScript } from "./support/build-script.ts";

const folder = fileURLToPath(new URL("./pictures/", import.meta.url));
const MOST_BYTES = 150_000;

/* `npm run pictures`: the README's three, from the demonstration. They are committed, so make them only when pages change. */
describeWithBrowser("pictures for the README", (browser) => {
  it("shows asking, a desk and the broker's board of the demonstration", { timeout: 120_000 }, async () => {
    buildScript();
    mkdirSync(folder, { recursive: true });
    const db = await openTestDatabase();
    await ensureFederation(db.database);
    const app = await startTestApp(db, { banner: DEMO_BANNER, chooser: demoChooser });
    const be = async (email: string): Promise<Page> => {
      const context = await browser().newContext({ baseURL: app.url, viewport: { width: 1100, height: 860 } });
      const page = await context.newPage();
      await page.goto("/sign-in");
      await page.getByLabel("Email address").fill(email);
      await page.getByLabel("Password").fill(DEMO_PASSWORD);
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.waitForURL((url) => url.pathname !== "/sign-in");
      return page;
    };
    /** Who has most to answer. */
    const askedMost = async (): Promise<string> => {
      const [found] = await rows(
        db.q,
        z.object({ code: z.string() }),
        sql`select supporting_code as code from offers where state = 'waiting'
            group by supporting_code order by count(*) desc, supporting_code limit 1`,
      );
      return found?.code ?? "";
    };
    const picture = async (page: Page, name: string): Promise<void> => {
      const path = `${folder}${name}.png`;
      await page.mouse.move(0, 0);
      await page.screenshot({ path });
      expect(statSync(path).size, name).toBeLessThan(MOST_BYTES);
    };
    try {
      const stopping = new AbortController().signal;
      const problems = await runDemo({ database: db.database, address: app.url, say: () => undefined, stopping });
      expect(problems).toEqual([]);
      const short = await be(emailOf("reception", inventedPractices[0]?.code ?? ""));
      await short.goto("/requests");
      // The first that was posted is the one with the fourteen dressings.
      await short.locator("main a", { hasText: /^CR-/ }).last().click();
      await short.getByText("Where and when").waitFor();
      await picture(short, "request");
      await short.goto("/requests/new");
      await short.locator("#service").selectOption({ label: "Simple dressing" });
      await short.locator("#count").fill("14");
      await short.locator("#by").selectOption({ index: 1 });
      await short.getByRole("button", { name: "Post request" }).click();
      await short.waitForURL(/\/requests\/CR-/);
      await expect.poll(askedMost, { timeout: 10_000 }).not.toBe("");
      const desk = await be(emailOf("reception", await askedMost()));
      await desk.locator(".cs-offer").first().waitFor({ timeout: 5_000 });
      await picture(desk, "desk");
      const broker = await be(emailOf("broker", DEMO_FEDERATION));
      await broker.locator("#live-risks td").first().waitFor({ timeout: 5_000 });
      await picture(broker, "board");
    } finally {
      await app.close();
      await db.close();
    }
  });
});
