import { afterAll, beforeAll, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { z } from "zod";
import { describeWithBrowser } from "../support/index.ts";
import { buildScript } from "./support/build-script.ts";
import { openTown, sitDown, type Town } from "./support/town.ts";

const list = z.array(z.string());
const stopSchema = z.object({ id: z.number(), name: z.string(), isSeen: z.boolean(), isMarked: z.boolean() });

/** How an element looks, as far as a focus can change it; the library marks boxes beside the element itself. */
const LOOKS = `(element) => {
  const label = element.labels && element.labels[0];
  return [getComputedStyle(element), getComputedStyle(element, "::before"), ...(label ? [getComputedStyle(label, "::before")] : [])]
    .map((style) => [style.boxShadow, style.outlineStyle, style.outlineWidth, style.backgroundColor, style.borderColor].join())
    .join("|");
}`;

/** Keeps how everything looks while nothing has the focus. */
const REMEMBER = `{
  window.unfocused = new Map([...document.querySelectorAll("a, button, input, select, textarea, summary, [tabindex]")]
    .map((element) => [element, (${LOOKS})(element)]));
}`;

/** Where Tab has stopped: its place in the document, whether it is on the screen, and whether it looks focused. */
const STOP = `(() => {
  const element = document.activeElement;
  const box = element.getBoundingClientRect();
  return {
    id: [...document.querySelectorAll("*")].indexOf(element),
    name: (element.getAttribute("name") || element.textContent || "").trim().slice(0, 40),
    isSeen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight,
    isMarked: (${LOOKS})(element) !== window.unfocused.get(element),
  };
})()`;

/** Every stop of the Tab key from the top of the page until it leaves it. */
const stops = async (page: Page): Promise<z.output<typeof stopSchema>[]> => {
  const found: z.output<typeof stopSchema>[] = [];
  await page.evaluate(REMEMBER);
  for (let tabs = 0; tabs < 120; tabs += 1) {
    await page.keyboard.press("Tab");
    const stop = stopSchema.parse(await page.evaluate(STOP));
    if (found.length > 0 && stop.id <= (found[0]?.id ?? 0)) break;
    found.push(stop);
  }
  return found;
};

describeWithBrowser("pages for everybody", (browser) => {
  let town: Town;
  const sit = async (actor: Town["home"]): Promise<Page> => (await sitDown(browser(), town, actor)).page;
  beforeAll(async () => {
    buildScript();
    town = await openTown();
  });
  afterAll(async () => town.close());

  const mainPages = (): (readonly [Town["home"], string])[] => [
    [town.desks[0] ?? town.home, "/desk"],
    [town.home, "/requests/new"],
    [town.home, "/requests"],
    [town.desks[0] ?? town.home, "/clinics"],
    [town.desks[0] ?? town.home, "/clinics/new"],
    [town.broker, "/board"],
    [town.desks[0] ?? town.home, "/settings"],
  ];

  it("the Tab key goes through each page in its order, and every stop can be seen", { timeout: 120_000 }, async () => {
    for (const [actor, path] of mainPages()) {
      const page = await sit(actor);
      await page.emulateMedia({ reducedMotion: "reduce" });
      await page.goto(path);
      const found = await stops(page);
      const order = found.map(({ id }) => id);
      expect(found[0]?.name, path).toBe("Skip to main content");
      expect(found.length, path).toBeGreaterThan(6);
      expect(order, path).toEqual(order.toSorted((left, right) => left - right));
      expect(
        found.filter(({ isSeen, isMarked }) => !isSeen || !isMarked),
        path,
      ).toEqual([]);
      await page.context().close();
    }
  });

  it("moves nothing for somebody who asked for less motion", { timeout: 120_000 }, async () => {
    for (const [actor, path] of mainPages()) {
      const page = await sit(actor);
      await page.emulateMedia({ reducedMotion: "reduce" });
      await page.goto(path);
      const moving: unknown = await page.evaluate(`[...document.querySelectorAll("*")]
        .filter((each) => [getComputedStyle(each), getComputedStyle(each, "::before")].some((style) =>
          style.animationName !== "none" || (style.transitionProperty !== "none" && parseFloat(style.transitionDuration) > 0)))
        .map((each) => each.outerHTML.slice(0, 80))`);
      expect(list.parse(moving), path).toEqual([]);
      await page.context().close();
    }
  });

  it("forced colours leave every control its edge, and the focus its mark", { timeout: 120_000 }, async () => {
    for (const [actor, path] of mainPages()) {
      const page = await sit(actor);
      await page.emulateMedia({ forcedColors: "active" });
      await page.goto(path);
      const edgeless: unknown =
        await page.evaluate(`[...document.querySelectorAll("main button, main input, main select, .cs-count")]
        .filter((each) => each.type !== "hidden" && each.type !== "radio" && each.type !== "checkbox" && each.getBoundingClientRect().width > 0)
        .filter((each) => parseFloat(getComputedStyle(each).borderTopWidth) === 0)
        .map((each) => each.outerHTML.slice(0, 80))`);
      expect(list.parse(edgeless), path).toEqual([]);
      await page.evaluate(REMEMBER);
      await page.keyboard.press("Tab");
      expect(stopSchema.parse(await page.evaluate(STOP)).isMarked, path).toBe(true);
      await page.context().close();
    }
  });
});
