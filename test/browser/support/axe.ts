import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { z } from "zod";
import { widths } from "./town.ts";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const result = z.object({
  violations: z.array(z.object({ id: z.string(), nodes: z.array(z.object({ html: z.string() })) })),
});

/** What axe has against a page by the rules of WCAG 2.2 A and AA: rule and element, or nothing. */
export const axeProblems = async (page: Page): Promise<string[]> => {
  // The page's own policy forbids inline script, so axe comes in through the debugger; once for each document, it is large.
  if ((await page.evaluate("typeof axe")) === "undefined") await page.evaluate(source);
  const found: unknown = await page.evaluate(
    `axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
      resultTypes: ["violations"],
    })`,
  );
  return result
    .parse(found)
    .violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
};

/**
 * A look at pages for a tour: holds each against axe and against scrolling sideways at 1280 px, at 390 px and at a zoom of
 * 200 %. `problems` is what it found so far, `seen` the states that it came through.
 */
export const axeLook = () => {
  const problems = new Set<string>();
  const seen: string[] = [];
  const look = async (name: string, page: Page): Promise<void> => {
    seen.push(name);
    // 640 px is what a window of 1280 px shows at a zoom of 200 %.
    for (const { width, height } of [widths.desktop, { width: 640, height: 450 }, widths.phone]) {
      await page.setViewportSize({ width, height });
      for (const problem of await axeProblems(page)) problems.add(`${name} at ${width}: ${problem}`);
      const wide: unknown = await page.evaluate("document.documentElement.scrollWidth");
      if (Number(wide) > width) problems.add(`${name} at ${width}: ${String(wide)} px wide`);
    }
    await page.setViewportSize(widths.desktop);
  };
  return { look, problems, seen };
};
