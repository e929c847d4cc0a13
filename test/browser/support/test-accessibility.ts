import { afterAll, beforeAll, expect, it } from "vitest";
import type { Page } from "playwright-core";
import type { Actor } from "../../../src/features/access/index.ts";
import { describeWithBrowser } from "../../support/index.ts";
import { axeLook } from "./axe.ts";
import { buildScript } from "./build-script.ts";
import { openTown, sitDown, type Town } from "./town.ts";

type Look = (name: string, page: Page) => Promise<void>;
type Lead = (town: Town, sit: (actor: Actor) => ReturnType<typeof sitDown>, look: Look) => Promise<void>;

/**
 * Holds every page and state that these tours come through against axe, in a town of their own: as many states as said. A
 * file for each family of pages: they are the slowest tests there are, and files run side by side.
 */
export const testAccessibility = (
  family: string,
  leads: readonly (readonly [of: string, states: number, lead: Lead])[],
): void => {
  describeWithBrowser(`every page in every state: ${family}`, (browser) => {
    let town: Town;
    beforeAll(async () => {
      buildScript();
      town = await openTown();
    });
    afterAll(async () => town.close());

    it.each(leads)(
      "axe finds nothing at 1280 px and at 390 px, and nothing scrolls sideways there or at zoom 200 % and 400 %: %s",
      { timeout: 240_000 },
      async (_of, states, lead) => {
        const { look, problems, seen } = axeLook();
        await lead(town, async (actor) => sitDown(browser(), town, actor), look);
        expect([...problems]).toEqual([]);
        expect(seen).toHaveLength(states);
      },
    );
  });
};
